import ipaddr from 'ipaddr.js';
import type { Endpoint } from '../events.ts';
import { addressClass, carriedAddress, destinationOf } from '../network/address.ts';

export interface MappedContext {
  /** The rendezvous, as we reached it. */
  readonly server: Endpoint;
  /** How the rendezvous sees ourselves. */
  readonly own: Endpoint;
}

/**
 * Why a peer's mapped endpoint, as a rendezvous names it, is not dialled;
 * undefined where it may be. A server that lies can send us to one endpoint for
 * each match: not to a group, not to ourselves, not to itself, and to this
 * machine only where the server is on it, too.
 */
export function mappedRefusal(
  { address, port }: Endpoint,
  { server, own }: MappedContext,
): string | undefined {
  const carried = carriedAddress(address);
  // A tunnel or a translator leads to global addresses alone (RFC 3056 section 2, RFC 6052 section 3.1).
  if (carried !== undefined && addressClass(carried) !== 'global')
    return `an address that carries ${carried}`;
  const destination = destinationOf(address);
  const isAt = (other: Endpoint) => destination === destinationOf(other.address) && port === other.port;
  const range = ipaddr.process(destination).range();
  if (range === 'unspecified' || range === 'multicast' || range === 'broadcast' || range === 'linkLocal') {
    return `${range === 'linkLocal' ? 'a link-local' : `${range === 'unspecified' ? 'an' : 'a'} ${range}`} address`;
  }
  if (range === 'loopback' && addressClass(server.address) !== 'loopback') return 'this machine';
  if (isAt(server)) return 'the rendezvous itself';
  if (isAt(own)) return 'our own endpoint';
  return undefined;
}
