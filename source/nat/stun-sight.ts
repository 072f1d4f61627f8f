/** What STUN servers say of one port of ours, and what follows for our NAT. */
import type { Endpoint, Family } from '../events.ts';
import { addressClass, destinationOf } from '../network/address.ts';
import { formatEndpoint } from '../network/endpoint.ts';
import type { Observations, SeenAgain, Sight } from './diagnosis.ts';

/** Where one server sees a port of ours. */
export interface StunSight extends Sight {
  /** As we dialled it. */
  readonly server: Endpoint;
  /** The duration of the TCP handshake with it. */
  readonly roundTripMs: number;
}

/**
 * Why we do not believe that a server sees us where it says; undefined if we may.
 * A peer dials the endpoint, so a server that lies must not send it to a private
 * network, to a group or to a STUN server. Of its own network a server may speak:
 * there, everybody has addresses of that kind.
 */
export function sightRefusal(
  { local, mapped, server }: Pick<StunSight, 'local' | 'mapped' | 'server'>,
  servers: readonly Endpoint[],
): string | undefined {
  const destination = destinationOf(mapped.address);
  const reach = addressClass(destination);
  if (reach === 'other' || (reach !== 'global' && reach !== addressClass(server.address))) {
    return `it says ${formatEndpoint(mapped)}, which is no address on the internet`;
  }
  // A server on this machine sees our own address, which is its own.
  const isServer = servers.some(({ address }) => destinationOf(address) === destination);
  return isServer && destination !== local.address
    ? `it says ${formatEndpoint(mapped)}, which is the address of a STUN server`
    : undefined;
}

/**
 * Where our port is seen, and at which port the next server saw it, as the two
 * ports of a rendezvous would tell. The sights are in the order of the dials. The
 * probe port is there only if two servers agree on the address: nobody is sprayed
 * at an address that only one has named.
 */
export function seenTwice(sights: readonly StunSight[]): SeenAgain | undefined {
  // The last two, because the next dial of ours comes right after them.
  for (const [index, last] of [...sights.entries()].toReversed()) {
    const before = sights.slice(0, index).findLast(({ mapped }) => mapped.address === last.mapped.address);
    if (before !== undefined) {
      return { ...before.mapped, probePort: last.mapped.port };
    }
  }
  return sights[0]?.mapped;
}

/**
 * The same as the doctor needs it. Servers at one address with different ports
 * show what another port changes, and those at another address what that
 * changes. Nobody has dialled back. Undefined without any sight.
 */
export function stunObservations(sights: readonly StunSight[], family: Family): Observations | undefined {
  const [first, ...others] = sights;
  if (first === undefined) {
    return undefined;
  }
  function isSameHost({ server }: StunSight) {
    return server.address === first?.server.address;
  }
  return {
    family,
    roundTripMs: first.roundTripMs,
    first: { local: first.local, mapped: first.mapped },
    atProbePort: others.find(isSameHost)?.mapped,
    atSecondAddress: others.find((other) => !isSameHost(other))?.mapped,
    fromPort: 'unavailable',
    fromAddress: 'unavailable',
  };
}
