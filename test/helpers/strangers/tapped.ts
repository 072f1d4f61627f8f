import type { Socket } from 'node:net';
import { socketPair } from '../sessions/socket-pair.ts';

/** Another end for what comes on a socket, which tells every byte: TLS on a socket itself reads past its listeners. */
export async function tapped(socket: Socket, onBytes: (bytes: Buffer) => void): Promise<Socket> {
  socket.pause();
  const [inner, end] = await socketPair();
  socket.on('data', onBytes).on('error', () => undefined);
  socket.pipe(inner).pipe(socket);
  return end;
}
