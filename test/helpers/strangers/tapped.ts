import type { Socket } from 'node:net';
import { socketPair } from '../sessions/socket-pair.ts';

/** A stream over a socket that reports every byte. Listeners on the socket itself would miss what TLS reads. */
export async function tapped(socket: Socket, onBytes: (bytes: Buffer) => void): Promise<Socket> {
  socket.pause();
  const [inner, end] = await socketPair();
  socket.on('data', onBytes).on('error', () => undefined);
  socket.pipe(inner).pipe(socket);
  return end;
}
