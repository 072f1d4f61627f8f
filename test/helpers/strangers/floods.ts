/** What hostile clients do to a rendezvous, in any number. The tests use it, and the bench with thousands. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { base64url, joinMessage } from '../servers/wire-messages.ts';

export interface FloodOptions {
  readonly port: number;
  /** How many clients there are at a time. */
  readonly count: number;
  /** The addresses that they come from, in turn. */
  readonly addresses: readonly string[];
  /** Whether a client that was dropped, or has reset its connection, connects again; by default not. */
  readonly again?: boolean;
}

export interface FloodTally {
  readonly connections: number;
  /** The bytes that the kernels of both sides have taken. */
  readonly bytes: number;
  readonly lines: number;
}

export interface Flood {
  /** Resolves when all are connected. */
  readonly complete: Promise<void>;
  tally(): FloodTally;
  stop(): void;
}

/** How many connections are opened at a time. More would wait in the kernel's queue instead of at the server. */
const atOnce = 100;
/**
 * The interval of reconnections: three times as many as the limits allow for
 * ten addresses. Without an interval they would fill the kernel's queue of
 * connections that are not accepted yet, and the kernel would refuse honest
 * clients before the server could decide.
 */
const againEveryMs = 10;
const againAtOnce = 10;

interface Hostile {
  readonly socket: Socket;
  /** The number of this client. */
  readonly index: number;
  /** Writes, and counts the bytes that were taken. `then` runs when the next write may follow. */
  readonly say: (text: string | Buffer, lines?: number, then?: () => void) => void;
}

function flood(
  { port, count, addresses, again = false }: FloodOptions,
  behave: (hostile: Hostile) => void,
): Flood {
  const sockets = new Set<Socket>();
  const dropped: number[] = [];
  const tally = { connections: 0, bytes: 0, lines: 0 };
  const over = new AbortController();

  async function open(index: number) {
    const localAddress = addresses[index % addresses.length] ?? '';
    const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets.delete(socket);
      dropped.push(index);
    });
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
    if (socket.destroyed) {
      return;
    }
    tally.connections += 1;
    const say: Hostile['say'] = (text, lines = 0, then) => {
      if (!socket.writable) {
        return;
      }
      socket.write(text, (error) => {
        if (error) {
          return;
        }
        tally.bytes += text.length;
        tally.lines += lines;
        then?.();
      });
    };
    behave({ socket, index, say });
  }

  function comeAgain() {
    for (const index of dropped.splice(0, againAtOnce)) {
      void open(index);
    }
  }
  let timer: NodeJS.Timeout | undefined;
  async function openAll() {
    for (let first = 0; first < count && !over.signal.aborted; first += atOnce) {
      await Promise.all(Array.from({ length: Math.min(atOnce, count - first) }, (_, n) => open(first + n)));
    }
    timer = again && !over.signal.aborted ? setInterval(comeAgain, againEveryMs) : undefined;
  }
  return {
    complete: openAll(),
    tally: () => ({ ...tally }),
    stop: () => {
      over.abort();
      clearInterval(timer);
      for (const socket of sockets) {
        socket.destroy();
      }
    },
  };
}

/** As deep as one line has room for, in an unknown field, which the server ignores. */
const nested = `{"t":"ping","x":${'['.repeat(4000)}${']'.repeat(4000)}}\n`;
/**
 * As many names and texts as a line has room for, which hardly occur in any
 * other line: a parser handles known ones faster.
 */
function wide(): string {
  const members = Array.from({ length: 580 }, () => `,"${randomText()}":"${randomText()}"`);
  return `{"t":"ping"${members.join('')}}\n`;
}
function randomText(): string {
  return Math.floor(Math.random() * 36 ** 4)
    .toString(36)
    .padStart(4, 'n');
}
/** Several times as many as a connection may send at once. */
const widesOfOne = 4;
const half = '{"t":"join","v":1,"number":7,"client":"';
const chunk = Buffer.alloc(65_536, 'x');
/** Longer than the lines of real clients, and more than a connection may send at once. */
const joinsOfOne = 200;

export const floods: Readonly<Record<string, (options: FloodOptions) => Flood>> = {
  'say nothing': (options) => flood(options, ({ socket }) => void socket.resume()),
  'say one byte a second': (options) =>
    flood(options, ({ socket, say }) => {
      socket.resume();
      let said = 0;
      const timer = setInterval(() => say(half[(said += 1) % half.length] ?? ' '), 1000);
      socket.once('close', () => clearInterval(timer));
    }),
  'say half a line': (options) =>
    flood(options, ({ socket, say }) => {
      socket.resume();
      say(half);
    }),
  'send one endless line': (options) =>
    flood(options, ({ socket, say }) => {
      socket.resume();
      function pour() {
        return say(chunk, 0, pour);
      }
      pour();
    }),
  'send one line byte by byte': (options) =>
    flood(options, ({ socket, say }) => {
      socket.resume();
      say('{"t":"ping","x":"');
      const timer = setInterval(() => say('x'), 50);
      socket.once('close', () => clearInterval(timer));
    }),
  'send nested lines': (options) =>
    flood(options, ({ socket, say }) => {
      socket.resume();
      say(nested.repeat(8), 8);
    }),
  'send wide lines': (options) => {
    // Made once, because making them takes longer than reading them.
    const wides = Array.from({ length: 50 }, () => Array.from({ length: widesOfOne }, wide).join(''));
    return flood(options, ({ socket, index, say }) => {
      socket.resume();
      say(`{"t":"ping"}\n${wides[index % wides.length]}`, widesOfOne);
    });
  },
  'join random rooms': (options) =>
    flood(options, ({ socket, index, say }) => {
      socket.resume();
      // Two thirds are for rooms that wait for a peer, a third for rooms that must be open already.
      const numbers = Array.from({ length: joinsOfOne }, () =>
        Math.floor(Math.random() * (index % 3 === 0 ? 1000 : 1e9)),
      );
      const { client, share, nonce } = joinMessage({ number: 0 });
      const lines = numbers.map((number) => JSON.stringify(joinMessage({ number, client, share, nonce })));
      say(`${lines.join('\n')}\n`, lines.length);
    }),
  'reset at once': (options) => flood(options, ({ socket }) => void socket.resetAndDestroy()),
  'reset in the middle of a line': (options) =>
    flood(options, ({ socket, say }) => say(half, 0, () => socket.resetAndDestroy())),
  'never read': (options) =>
    flood(options, ({ socket, say }) => {
      socket.pause();
      const pings = '{"t":"ping"}\n'.repeat(1000);
      function pour() {
        return say(pings, 1000, pour);
      }
      say(`${JSON.stringify(joinMessage({ number: 1e6, client: base64url(16) }))}\n`, 1);
      pour();
    }),
};
