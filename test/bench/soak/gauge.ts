/**
 * Loaded ahead of the program (`node --import`), which knows nothing of it:
 * answers its starter what it holds after a collection, and cuts its
 * connections when told to. Ends the program when its starter is gone.
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
// A program must end by itself when it has nothing left to do.
process.channel?.unref();
