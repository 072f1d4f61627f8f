/** The least that a rendezvous must do: accept, read a line, pair by order of arrival, and tell both. */
import { createServer, type AddressInfo, type Socket } from 'node:net';

let first: Socket | undefined;

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (first === socket) {
      first = undefined;
    }
  });
  socket.once('data', () => {
    if (first === undefined) {
      first = socket;
      socket.write('{"t":"waiting"}\n');
      return;
    }
    first.write('{"t":"matched"}\n');
    socket.write('{"t":"matched"}\n');
    first = undefined;
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 511 }, () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
