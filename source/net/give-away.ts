import type { Socket } from 'node:net';

/**
 * Takes our listeners off a connection that was read until now, and puts back
 * what was read too far: whoever reads it next begins there. Leaves it paused.
 */
export function giveAway(socket: Socket, rest: Uint8Array): void {
  for (const event of ['data', 'error', 'close', 'timeout']) socket.removeAllListeners(event);
  socket.setTimeout(0);
  socket.pause();
  if (rest.length > 0) socket.unshift(rest);
  // Until the next owner listens, a reset must not become an uncaught exception.
  socket.on('error', () => socket.destroy());
}
