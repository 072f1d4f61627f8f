import { isIPv4, type Socket } from 'node:net';
import { canonicalAddress } from '../network/address.ts';
import type { MappedEndpoint } from '../protocol/rendezvous-messages.ts';

/**
 * Where a client is seen from, with an IPv4 address as IPv4 also where the
 * listener speaks both families; undefined when it is gone already.
 */
export const remoteEndpoint = (socket: Socket): MappedEndpoint | undefined => {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  // Most are IPv4, as such or mapped, and need not be taken apart.
  const plain = remoteAddress.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress;
  if (isIPv4(plain)) return { address: plain, port: remotePort };
  // A zone names an interface of this machine; it means nothing to a peer.
  const [address = ''] = remoteAddress.split('%');
  return { address: canonicalAddress(address), port: remotePort };
};
