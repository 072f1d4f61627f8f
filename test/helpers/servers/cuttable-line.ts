import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Passes on all that comes to its address, to a port of this machine, which may become known later. It can be cut. */
export async function startCuttableLine(port: number | (() => number)) {
  const sockets = new Set<Socket>();
  /** Those whose other end was closed during the cut. They are not told before its end. */
  const deserted = new Set<Socket>();
  let isCut = false;
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    // Connects only when there is data to pass on: the rendezvous takes a silent client for one of the classic
    // protocol.
    socket.once('data', (chunk) => {
      const upstream = connect(typeof port === 'function' ? port() : port, '127.0.0.1');
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
        if (isCut) {
          deserted.add(to);
        } else {
          to.destroy();
        }
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
    address: { host: '127.0.0.1', port: (listener.address() as AddressInfo).port },
    /** Stops passing data on. Neither side notices. */
    cut: () => {
      isCut = true;
      for (const socket of sockets) {
        socket.pause();
      }
    },
    /** Passes the waiting data on. */
    mend: () => {
      isCut = false;
      for (const socket of deserted) {
        socket.destroy();
      }
      deserted.clear();
      for (const socket of sockets) {
        socket.resume();
      }
    },
    /** Closes every connection, so that both sides notice. */
    drop,
    /** Accepts no more connections. */
    close: () => {
      listener.close();
      drop();
    },
  };
}
