import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface CuttableLine {
  readonly port: number;
  /** How many connections there are now. */
  readonly count: () => number;
  /** Closes all connections, so that both sides notice. New ones are taken. */
  readonly drop: () => void;
  /** Takes no new connection until `open`, and closes all. */
  readonly shut: () => void;
  readonly open: () => void;
}

/** A port of loopback that leads to another one, until the test is over. */
export async function startCuttableLine(to: number): Promise<CuttableLine> {
  const sockets = new Set<Socket>();
  let isShut = false;
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    if (isShut) {
      socket.destroy();
      return;
    }
    const upstream = connect({ port: to, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const [from, into] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(from);
      from
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(from);
          into.destroy();
        });
      from.pipe(into);
    }
  });
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
    port: (listener.address() as AddressInfo).port,
    count: () => sockets.size / 2,
    drop,
    shut: () => {
      isShut = true;
      drop();
    },
    open: () => {
      isShut = false;
    },
  };
}
