import { randomInt } from 'node:crypto';
import { PunchlineError } from '../../errors.ts';
import type { Endpoint, Family } from '../../events.ts';
import { formatEndpoint, STUN_PORT, type Server } from '../../network/endpoint.ts';
import { resolve, type ResolvedAddress } from '../../network/resolve.ts';
import { TimeoutError, within } from '../../network/waiting.ts';

/** Two servers at two addresses tell how a NAT maps. More would tell more strangers where we are. */
export const ASKED_SERVERS = 2;
/** A resolver that is up answers sooner, and one that is not must not keep all servers waiting. */
const LOOKUP_MS = 4000;

/**
 * Servers on the internet that others list as answering over TCP. None could be
 * reached from where this was tested: Debian's coturn was asked there instead.
 */
export const publicStunServers: readonly Server[] = [
  { host: 'turn.cloudflare.com', port: STUN_PORT },
  { host: 'stun.nextcloud.com', port: 443 },
  { host: 'stun.freeswitch.org', port: STUN_PORT },
  { host: 'stun.voip.blackberry.com', port: STUN_PORT },
  { host: 'stun.radiojar.com', port: STUN_PORT },
  { host: 'stun.sonetel.com', port: STUN_PORT },
  { host: 'stun.telnyx.com', port: STUN_PORT },
  { host: 'stun.sipnet.com', port: STUN_PORT },
];

/** Any two of the public servers, others on each call, so that none of them gets all the questions. */
export function twoPublicServers(): readonly Server[] {
  const left = [...publicStunServers];
  return Array.from({ length: ASKED_SERVERS }, () => left.splice(randomInt(left.length), 1)).flat();
}

/** One address of a STUN server. */
export interface StunServer extends Endpoint {
  /** As the user named it, with its port. */
  readonly name: string;
}

/** A server with all its addresses, or with the reason why there are none. */
export interface FoundStunServer {
  readonly name: string;
  readonly port: number;
  readonly addresses: readonly ResolvedAddress[];
  readonly reason?: string;
}

/** Looks the names up, all at once, for 4 s at most. Rejects only with the signal's reason. */
export function findStunServers(
  servers: readonly Server[],
  signal: AbortSignal,
): Promise<readonly FoundStunServer[]> {
  return Promise.all(
    servers.map(async ({ host, port }) => {
      const name = formatEndpoint({ address: host, port });
      try {
        const addresses = await within(resolve(host, undefined, signal), LOOKUP_MS, signal);
        return { name, port, addresses };
      } catch (error) {
        if (error instanceof PunchlineError) {
          return { name, port, addresses: [], reason: error.message };
        }
        if (error instanceof TimeoutError) {
          return { name, port, addresses: [], reason: `the name ${host} cannot be resolved in time` };
        }
        throw error;
      }
    }),
  );
}

/**
 * The first address of each server in one family, each endpoint once: a second
 * connection between the same two endpoints is impossible.
 */
export function stunServersOf(found: readonly FoundStunServer[], family: Family): readonly StunServer[] {
  const servers = new Map<string, StunServer>();
  for (const { name, port, addresses } of found) {
    const address = addresses.find((one) => one.family === family)?.address;
    if (address !== undefined && !servers.has(formatEndpoint({ address, port }))) {
      servers.set(formatEndpoint({ address, port }), { name, address, port });
    }
  }
  return [...servers.values()];
}
