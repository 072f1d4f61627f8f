import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** After this time muted connections are dropped. It is far longer than a client waits for an answer. */
const FORGET_MS = 30_000;

/**
 * A proxy before a server that can stop passing data on without closing
 * anything, like a NAT that has forgotten a mapping.
 */
export interface MuteProxy {
  readonly port: number;
  /** Mutes all open connections in both directions. Later connections work. */
  mute(): void;
  close(): void;
}

export async function startMuteProxy(to: number): Promise<MuteProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const timers = new Set<NodeJS.Timeout>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const upstream = connect({ port: to, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const pair = [socket, upstream] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, pair.toReversed() as [Socket, Socket]]) {
      one.pipe(other);
      one.on('error', () => undefined);
      one.once('close', () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    mute: () => {
      const muted = [...pairs].flat();
      for (const socket of muted) {
        socket.unpipe().pause();
      }
      const timer = setTimeout(() => {
        timers.delete(timer);
        for (const socket of muted) {
          socket.destroy();
        }
      }, FORGET_MS);
      timers.add(timer);
    },
    close: () => {
      server.close();
      for (const timer of timers) {
        clearTimeout(timer);
      }
      for (const socket of [...pairs].flat()) {
        socket.destroy();
      }
    },
  };
}
