/**
 * Only a relay: pipes each two connections into each other, in their order of
 * arrival. Our relay is measured against this.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';

let waiting: Socket | undefined;
const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  if (waiting === undefined) {
    waiting = socket;
    return;
  }
  waiting.pipe(socket).pipe(waiting);
  waiting = undefined;
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ port })}\n`);
});
