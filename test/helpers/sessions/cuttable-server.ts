import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { TestServer } from '../servers/rendezvous-server.ts';

/** A rendezvous behind a line that can be cut: for two who want nothing but the relay, all that they say passes here. */
export async function startCuttableServer() {
  const server = await TestServer.start();
  const sockets = new Set<Socket>();
  let isCut = false;
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    // Only when there is something to pass on: the rendezvous takes who is silent for an old program.
    socket.once('data', (chunk) => {
      const upstream = connect(server.port, '127.0.0.1');
      upstream.write(chunk);
      splice(socket, upstream);
    });
    if (isCut) {
      socket.pause();
    }
  });
  function splice(socket: Socket, upstream: Socket) {
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('data', (chunk) => to.write(chunk));
      from.on('end', () => to.end());
      if (isCut) {
        from.pause();
      }
    }
  }
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  function drop() {
    for (const socket of sockets) {
      socket.destroy();
    }
  }
  onTestFinished(() => {
    drop();
    listener.close();
  });
  return {
    /** For connect(). */
    options: {
      server: { host: '127.0.0.1', port: (listener.address() as AddressInfo).port },
      code: { number: 4711, words: ['velvet', 'orbit'] as const },
      relay: 'always' as const,
    },
    /** Nothing passes any more, and nobody is told. */
    cut: () => {
      isCut = true;
      for (const socket of sockets) {
        socket.pause();
      }
    },
    /** All that waited passes. */
    mend: () => {
      isCut = false;
      for (const socket of sockets) {
        socket.resume();
      }
    },
    /** Every connection goes, and is seen to go. */
    drop,
    /** Nobody comes here any more. */
    close: () => {
      listener.close();
      drop();
    },
  };
}
