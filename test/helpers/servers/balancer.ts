import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A balancer that gives each connection to the next server that accepts. It ends with the test. Returns its port. */
export async function startBalancer(ports: readonly number[]): Promise<number> {
  const sockets = new Set<Socket>();
  function keep(socket: Socket) {
    sockets.add(socket);
    return socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  }
  let turn = 0;
  function pass(client: Socket, tries: number) {
    const port = ports[turn % ports.length] ?? 0;
    turn += 1;
    const server = keep(connect({ port, host: '127.0.0.1', noDelay: true }));
    server.once('connect', () => {
      client.pipe(server).pipe(client);
      server.once('close', () => client.destroy());
      client.once('close', () => server.destroy());
    });
    server.once('error', () => {
      if (server.bytesRead > 0 || tries <= 1) {
        client.destroy();
      } else if (server.connecting || server.pending) {
        pass(client, tries - 1);
      }
    });
  }
  const listener = createServer({ noDelay: true }, (client) => pass(keep(client), ports.length));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => {
    listener.close();
    for (const socket of sockets) {
      socket.destroy();
    }
  });
  return (listener.address() as AddressInfo).port;
}
