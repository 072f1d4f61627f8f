import { addressClass, destinationOf } from '../../../network/address.ts';
import type { Server } from '../../../network/endpoint.ts';
import { TimeoutError, within } from '../../../network/waiting.ts';
import type { StunAnswer } from '../../stun/asked-server.ts';
import { ASKED_SERVERS, findStunServers, stunServersOf } from '../../stun/stun-servers.ts';
import { watchPort } from '../../stun/watch-port.ts';

/** TCP sends a lost SYN again after 1 and 3 s. The user waits for the invite. */
const PATIENCE_MS = 4000;
/** A network may go out by two lines. Servers that name more addresses disagree or lie. */
const MAX_ADDRESSES = 2;

/** Under which addresses the internet sees this network over IPv4; if nobody has told one, why not. */
export interface PublicAddress {
  readonly addresses: readonly string[];
  readonly reason: string;
}

/**
 * Asks STUN servers over TCP, for 4 s at most. The port that they see is not that of the host, and nothing is said of
 * it. Rejects only with the signal's reason.
 */
export async function publicAddress(servers: readonly Server[], signal: AbortSignal): Promise<PublicAddress> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  try {
    return await within(ask(servers.slice(0, ASKED_SERVERS), either), PATIENCE_MS, signal);
  } catch (error) {
    if (!(error instanceof TimeoutError)) {
      throw error;
    }
    return { addresses: [], reason: 'no STUN server answered in time' };
  } finally {
    over.abort();
  }
}

async function ask(servers: readonly Server[], signal: AbortSignal): Promise<PublicAddress> {
  const found = await findStunServers(servers, signal);
  const asked = stunServersOf(found, 4);
  const { answers } = await watchPort({ servers: asked, family: 4, signal });
  const seen = answers.flatMap((answer) =>
    'sight' in answer ? destinationOf(answer.sight.mapped.address) : [],
  );
  const addresses = [...new Set(seen)].filter((address) => addressClass(address) === 'global');
  const reasons = [...found.flatMap(({ reason }) => reason ?? []), ...answers.map(reasonOf)];
  return {
    addresses: addresses.slice(0, MAX_ADDRESSES),
    reason: reasons.join('; ') || 'no STUN server has an IPv4 address',
  };
}

function reasonOf(answer: StunAnswer): string {
  const said = 'sight' in answer ? `it says ${answer.sight.mapped.address}` : answer.reason;
  return `the STUN server ${answer.server.name}: ${said}`;
}
