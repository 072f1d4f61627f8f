import { addressClass, destinationOf } from '../network/address.ts';

/**
 * Whether a peer's mapped address may be sprayed: a burst of dials goes to
 * global unicast addresses alone, and never to the rendezvous, which could be
 * made to attack itself (design 3.5).
 */
export function mayBeSprayed(address: string, serverAddress: string): boolean {
  return addressClass(address) === 'global' && destinationOf(address) !== destinationOf(serverAddress);
}
