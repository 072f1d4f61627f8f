import ipaddr from 'ipaddr.js';
import type { Endpoint } from '../events.ts';

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
  const range = ipaddr.process(address).range();
  if (range === 'unspecified' || range === 'multicast' || range === 'broadcast' || range === 'linkLocal') {
    return `${range === 'linkLocal' ? 'a link-local' : `${range === 'unspecified' ? 'an' : 'a'} ${range}`} address`;
  }
  if (range === 'loopback' && ipaddr.process(server.address).range() !== 'loopback') return 'this machine';
  if (address === server.address && port === server.port) return 'the rendezvous itself';
  if (address === own.address && port === own.port) return 'our own endpoint';
  return undefined;
}
