import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** After so long what was muted is dropped: far longer than a client bears silence. */
const FORGET_MS = 30_000;

/** Stands before a server, and can stop passing anything on without a word, as a NAT does that has forgotten. */
export interface MuteProxy {
  readonly port: number;
  /** What is open now falls silent in both directions. What comes later is passed on. */
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
