/**
 * Loaded before the program with `node --import`. It tells the parent process
 * what is held after a collection, and cuts the program's connections on
 * request. It ends the program when the parent has gone.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { GaugeOrder, Held } from './gauged-program.ts';

const sockets = new Set<Socket>();
function watch(message: unknown) {
  const { socket } = message as { readonly socket: Socket };
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
}
subscribe('net.client.socket', watch);
subscribe('net.server.socket', watch);

process.on('message', (order: GaugeOrder) => {
  if (order === 'cut') {
    for (const socket of sockets) {
      socket.resetAndDestroy();
    }
    return;
  }
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send?.({ liveBytes: heapUsed + external, residentBytes: rss } satisfies Held);
});
process.on('disconnect', () => process.exit());
// The channel to the parent must not keep the program alive.
process.channel?.unref();
