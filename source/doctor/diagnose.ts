import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../errors.ts';
import type { Family } from '../events.ts';
import { diagnosisOf, type Diagnosis } from '../nat/diagnosis.ts';
import type { DoctorReport } from '../nat/doctor-report.ts';
import { formatHttps, formatServer, type Server } from '../network/endpoint.ts';
import { assembleReport } from './assemble-report.ts';
import { containerNetwork } from './container-network.ts';
import { examine, type Examined } from './examine.ts';
import { idleLifetime } from './idle-lifetime.ts';
import { lookAtRouter } from './look-at-router.ts';
import { resolve } from '../network/resolve.ts';
import { TakenForClassic } from '../connect/places/rendezvous/server-failure.ts';

/** Bounds how long a person waits. Half of it is the silence that shows a filter and not a lost packet. */
const DEADLINE_MS = 4700;

export interface DiagnoseOptions {
  readonly server: Server;
  /** Whether the server is reached at https. Then there is no lifetime. Default: false. */
  readonly https?: boolean | undefined;
  /** The probe port of the server. Default: the one that it names, or the one after its own. */
  readonly probePort?: number | undefined;
  /** Default: both. */
  readonly family?: Family | undefined;
  /** Also find out how long an idle connection lives, up to this time. That takes just as long. */
  readonly lifetimeUpToMs?: number | undefined;
  /** Called with all other results before that begins. */
  readonly onReport?: ((report: DoctorReport) => void) | undefined;
  /** Called as that goes on: a connection that was idle for this long is still alive, or not. */
  readonly onLifetime?: ((idleMs: number, isAlive: boolean) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds out what the network does to connections of this machine, with the help
 * of a rendezvous. Takes less than 5 s, or longer with a lifetime. Throws
 * ERR_RENDEZVOUS_UNREACHABLE, ERR_RENDEZVOUS_PROTOCOL, ERR_RENDEZVOUS_REFUSED,
 * ERR_RENDEZVOUS_CLOSED, or the signal's reason.
 */
export async function diagnose(options: DiagnoseOptions): Promise<DoctorReport> {
  const startedAt = performance.now();
  const { server, https = false, probePort, family, signal: given = new AbortController().signal } = options;
  const timeUp = AbortSignal.timeout(DEADLINE_MS);
  const signal = AbortSignal.any([given, timeUp]);
  const addresses = await resolve(server.host, family, signal).catch((error: unknown) => {
    given.throwIfAborted();
    throw timeUp.aborted ? silent(options) : error;
  });
  const servers = addresses.map(({ address }) => address);
  const looking = lookAtRouter({ servers, family, signal });
  async function look(one: Family): Promise<Attempt> {
    if (!addresses.some((address) => address.family === one)) {
      return {};
    }
    function examining() {
      return examine({ server, secureAs: https ? server.host : undefined, family: one, probePort, signal });
    }
    try {
      const examined = await examining().catch((error: unknown) => {
        // The server took us for a classic client, because our first line was lost (design 3.1).
        if (error instanceof TakenForClassic) {
          return examining();
        }
        throw error;
      });
      return { examined };
    } catch (error) {
      return { failure: error === timeUp.reason ? silent(options) : error };
    }
  }
  const [ipv4, ipv6] = await Promise.all([look(4), look(6)]);
  given.throwIfAborted();
  const examined = ipv4.examined ?? ipv6.examined;
  if (examined === undefined) {
    throw ipv4.failure ?? ipv6.failure;
  }
  // An unexpected error is a bug and not a finding.
  for (const { failure } of [ipv4, ipv6]) {
    if (failure !== undefined && !(failure instanceof PunchlineError)) {
      throw failure;
    }
  }

  const report = assembleReport({
    server: nameOf(options),
    startedAt,
    router: await looking,
    container: await containerNetwork(),
    ipv4: findingOf(ipv4, 4, options),
    ipv6: findingOf(ipv6, 6, options),
    probePort: examined.probePort,
  });
  if (options.lifetimeUpToMs === undefined || https) {
    return report;
  }
  options.onReport?.(report);
  const lifetime = await idleLifetime({
    server: examined.server,
    family: examined.family,
    upToMs: options.lifetimeUpToMs,
    onProgress: options.onLifetime,
    signal: given,
  });
  return { ...report, lifetime };
}

/** Empty if the server has no address of the family, or the family was not asked for. */
interface Attempt {
  readonly examined?: Examined;
  readonly failure?: unknown;
}

/** The diagnosis of one family, or why there is none. */
function findingOf(
  { examined, failure }: Attempt,
  family: Family,
  options: DiagnoseOptions,
): Diagnosis | string {
  if (examined !== undefined) {
    return diagnosisOf(examined);
  }
  if (failure instanceof PunchlineError) {
    return failure.message;
  }
  return options.family === undefined || options.family === family
    ? `the rendezvous ${nameOf(options)} has no IPv${family} address`
    : 'not asked for';
}

function nameOf({ server, https = false }: DiagnoseOptions): string {
  return https ? formatHttps(server) : formatServer(server);
}

function silent(options: DiagnoseOptions): PunchlineError {
  return new PunchlineError(
    'ERR_RENDEZVOUS_UNREACHABLE',
    `the rendezvous ${nameOf(options)} did not answer within ${DEADLINE_MS / 1000} s`,
    {
      hint: 'Check the host and the port: something else may be listening there, or a firewall drops our packets.',
    },
  );
}
