import { isIPv4, type Socket } from 'node:net';
import { canonicalAddress } from '../core/address.ts';
import type { MappedEndpoint } from '../core/rendezvous-messages.ts';
import type { Limits } from './limits.ts';

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

/**
 * Sends what was written and a FIN, then throws away what still comes until
 * the client closes too. Bounded in time and bytes; then the socket is dropped.
 */
export const closeGently = (socket: Socket, { lingerMs, lingerBytes }: Limits): void => {
  let thrownAway = 0;
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) => {
    thrownAway += chunk.length;
    if (thrownAway > lingerBytes) socket.destroy();
  });
  socket.resume();
  socket.end();
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
};
