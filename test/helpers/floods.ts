/** What hostile clients do to a rendezvous, in any number, from one address. Used by the tests and, in thousands, by the bench. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { base64url, joinMessage } from './wire-messages.ts';

export interface FloodOptions {
  readonly port: number;
  readonly count: number;
  /** From which all of them come. */
  readonly address: string;
}

export interface Flood {
  /** Connections that the server keeps open. */
  readonly held: () => number;
  stop(): void;
}

/** Opened so many at a time: more would wait in the kernel's queue, and not at the server. */
const atOnce = 100;

async function flood(
  { port, count, address }: FloodOptions,
  onConnected: (socket: Socket, index: number) => void,
): Promise<Flood> {
  const sockets = new Set<Socket>();
  const open = async (index: number) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: address, noDelay: true });
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
    if (!socket.destroyed) onConnected(socket, index);
  };
  for (let first = 0; first < count; first += atOnce) {
    await Promise.all(Array.from({ length: Math.min(atOnce, count - first) }, (_, n) => open(first + n)));
  }
  return {
    held: () => sockets.size,
    stop: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

const half = '{"t":"join","v":1,"number":7,"client":"';

export const floods: Readonly<Record<string, (options: FloodOptions) => Promise<Flood>>> = {
  'say nothing': (options) => flood(options, (socket) => void socket.resume()),
  'say one byte a second': (options) =>
    flood(options, (socket) => {
      socket.resume();
      let said = 0;
      const timer = setInterval(() => socket.write(half[(said += 1) % half.length] ?? ' '), 1000);
      socket.once('close', () => clearInterval(timer));
    }),
  'say half a line': (options) => flood(options, (socket) => void socket.resume().write(half)),
  'send one endless line': (options) =>
    flood(options, (socket) => {
      const chunk = Buffer.alloc(65_536, 'x');
      const pour = () => {
        if (socket.writable) socket.write(chunk, pour);
      };
      socket.resume();
      pour();
    }),
  'join random rooms': (options) =>
    flood(options, (socket, index) => {
      // Each again and again, until it is refused; two thirds under numbers that wait.
      const join = () => {
        const number = Math.floor(Math.random() * (index % 3 === 0 ? 1000 : 1e9));
        if (socket.writable) socket.write(`${JSON.stringify(joinMessage({ number }))}\n`);
      };
      socket.on('data', join);
      join();
    }),
  'reset at once': (options) => flood(options, (socket) => void socket.resetAndDestroy()),
  'reset in the middle of a line': (options) =>
    flood(options, (socket) => {
      socket.write(half, () => socket.resetAndDestroy());
    }),
  'never read': (options) =>
    flood(options, (socket) => {
      socket.pause();
      const pings = '{"t":"ping"}\n'.repeat(1000);
      const pour = () => {
        if (socket.writable) socket.write(pings, pour);
      };
      socket.write(`${JSON.stringify(joinMessage({ number: 1e6, client: base64url(16) }))}\n`);
      pour();
    }),
};
