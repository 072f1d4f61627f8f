import { performance } from 'node:perf_hooks';
import { ANSWER_MS, type StunAnswer } from '../connect/stun/asked-server.ts';
import { findStunServers, stunServersOf, type FoundStunServer } from '../connect/stun/stun-servers.ts';
import { watchPort } from '../connect/stun/watch-port.ts';
import { PunchlineError } from '../errors.ts';
import type { Family } from '../events.ts';
import { diagnosisOf, type Diagnosis } from '../nat/diagnosis.ts';
import type { DoctorReport, StunFinding } from '../nat/doctor-report.ts';
import { stunObservations } from '../nat/stun-sight.ts';
import type { Server } from '../network/endpoint.ts';
import { manyListeners } from '../network/waiting.ts';
import { containerNetwork } from './container-network.ts';
import { assembleReport } from './assemble-report.ts';
import { lookAtRouter } from './look-at-router.ts';

export interface DiagnoseByStunOptions {
  readonly servers: readonly Server[];
  /** Default: both. */
  readonly family?: Family | undefined;
  readonly signal: AbortSignal;
}

/** What was seen in one family: a diagnosis, or why there is none, and what each server said. */
interface Look {
  readonly found: Diagnosis | string;
  readonly findings: readonly StunFinding[];
}

/**
 * Finds out how our NAT maps connections, with the help of STUN servers alone.
 * Nobody dials back, so what it lets in stays unknown. A name has 4 s to be
 * resolved, and its server 4 s to answer, twice at a NAT that seems to count. Throws ERR_RENDEZVOUS_UNREACHABLE if no
 * server has told where it sees us, or the signal's reason.
 */
export async function diagnoseByStun({
  servers,
  family,
  signal,
}: DiagnoseByStunOptions): Promise<DoctorReport> {
  const startedAt = performance.now();
  const over = new AbortController();
  const until = manyListeners(AbortSignal.any([signal, over.signal]));
  try {
    const found = await findStunServers(servers, until);
    const addresses = found.flatMap((one) => one.addresses.map(({ address }) => address));
    const looking = lookAtRouter({ servers: addresses, family, signal: until });
    async function look(one: Family): Promise<Look> {
      return family === undefined || family === one
        ? lookFrom(found, one, until)
        : { found: 'not asked for', findings: [] };
    }
    const [ipv4, ipv6] = await Promise.all([look(4), look(6)]);
    signal.throwIfAborted();
    const findings = [...nameless(found), ...ipv4.findings, ...ipv6.findings];
    if (typeof ipv4.found === 'string' && typeof ipv6.found === 'string') {
      throw nobody(findings);
    }
    const report = assembleReport({
      server: found.map(({ name }) => name).join(', '),
      startedAt,
      router: await looking,
      container: await containerNetwork(),
      ipv4: ipv4.found,
      ipv6: ipv6.found,
      probePort: undefined,
    });
    return { ...report, stun: findings };
  } finally {
    over.abort();
  }
}

async function lookFrom(
  found: readonly FoundStunServer[],
  family: Family,
  signal: AbortSignal,
): Promise<Look> {
  const servers = stunServersOf(found, family);
  if (servers.length === 0) {
    return { found: `none of these STUN servers has an IPv${family} address`, findings: [] };
  }
  const { answers } = await watchPort({ servers, family, laterMs: ANSWER_MS, signal });
  const findings = answers.map((answer) => findingOf(answer, family));
  const diagnosis = diagnosisFrom(answers, family);
  if (diagnosis?.sequence === 'step') {
    // Two ports may be near to each other by chance. With another local port, they are not again.
    const again = await watchPort({ servers, family, laterMs: ANSWER_MS, signal });
    if (diagnosisFrom(again.answers, family)?.sequence === 'random') {
      return { found: { ...diagnosis, sequence: 'random', step: null }, findings };
    }
  }
  return { found: diagnosis ?? `no STUN server has answered over IPv${family}`, findings };
}

function diagnosisFrom(answers: readonly StunAnswer[], family: Family): Diagnosis | undefined {
  const sights = answers.flatMap((answer) => ('sight' in answer ? [answer.sight] : []));
  const seen = stunObservations(sights, family);
  return seen && diagnosisOf(seen);
}

function findingOf(answer: StunAnswer, family: Family): StunFinding {
  const { name: server } = answer.server;
  return 'sight' in answer
    ? { server, family, mapped: answer.sight.mapped }
    : { server, family, reason: answer.reason };
}

/** Those whose names lead to no address. */
function nameless(found: readonly FoundStunServer[]): readonly StunFinding[] {
  return found.flatMap(({ name, reason }) => (reason === undefined ? [] : [{ server: name, reason }]));
}

function nobody(findings: readonly StunFinding[]): PunchlineError {
  const reasons = findings.map((one) => `${one.server}: ${'reason' in one ? one.reason : ''}`);
  return new PunchlineError(
    'ERR_RENDEZVOUS_UNREACHABLE',
    `no STUN server has told where it sees us (${[...new Set(reasons)].join('; ')})`,
    {
      hint: 'Name others with --stun HOST[:PORT]: they must answer over TCP. A firewall may let nothing out to their port; 443 is often open.',
    },
  );
}
