import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Family } from '../events.ts';
import { canonicalAddress } from './address.ts';

/** Addresses for documentation (RFC 5737, RFC 3849). Nothing is sent to them. */
const far = { 4: '192.0.2.1', 6: '2001:db8::1' } as const;
/** RFC 863. Any port would do. */
const DISCARD_PORT = 9;

/**
 * The address from which this machine sends to the internet; undefined without a
 * route. The kernel looks its route up when a UDP socket is connected, and no
 * packet leaves for that.
 */
export async function routedAddress(family: Family): Promise<string | undefined> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  try {
    socket.connect(DISCARD_PORT, far[family]);
    await once(socket, 'connect');
    return canonicalAddress(socket.address().address);
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}
