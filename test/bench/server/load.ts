/**
 * A process that puts load on a server: `load.ts wait PORT N`, `pairs
 * PORT[,PORT…] A_SECOND SECONDS`, or `flood KIND PORT N ADDRESS…` until
 * SIGTERM. It ends when its stdin ends.
 */
import { connect, type Socket } from 'node:net';
import { floods } from '../../helpers/strangers/floods.ts';
import { joinMessage } from '../../helpers/servers/wire-messages.ts';

// The process that has started it may be killed.
process.stdin.resume().once('end', () => process.exit());

const [kind = '', ...words] = process.argv.slice(2);
function say(value: object) {
  return process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Connects, sends a line, and calls back with each chunk of the answer. */
function client(port: number, number: number, onText: (text: string, socket: Socket) => void): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.setEncoding('latin1');
  socket.on('error', () => undefined);
  socket.on('data', (text) => onText(String(text), socket));
  socket.write(`${JSON.stringify(joinMessage({ number }))}\n`);
  return socket;
}

/**
 * Room numbers far above those of other programs, a new one for each pair. Two
 * loads are unlikely to use the same.
 */
const numbers = (() => {
  let last = Math.floor(1e6 + Math.random() * 9e8);
  return () => (last += 1);
})();

function wait(port: number, count: number): void {
  let waiting = 0;
  let opened = 0;
  function more() {
    opened += 1;
    client(port, numbers(), (text) => {
      if (!text.includes('"waiting"')) {
        return;
      }
      waiting += 1;
      if (opened < count) {
        more();
      }
      if (waiting === count) {
        say({ waiting });
      }
    });
  }
  for (let n = 0; n < Math.min(100, count); n += 1) {
    more();
  }
}

/**
 * One pair: `b` waits, then `a` comes to the next port. `ms` is the time from
 * the first byte of `a` until both are matched.
 */
function pair(portOfB: number, portOfA: number, onMatched: (ms: number) => void): void {
  const number = numbers();
  let left = 2;
  let startedAt = 0;
  const sockets: Socket[] = [];
  function onText(text: string) {
    if (text.includes('"waiting"')) {
      startedAt = performance.now();
      sockets.push(client(portOfA, number, onText));
    }
    if (!text.includes('"matched"')) {
      return;
    }
    left -= 1;
    if (left > 0) {
      return;
    }
    onMatched(performance.now() - startedAt);
    for (const socket of sockets) {
      socket.resetAndDestroy();
    }
  }
  sockets.push(client(portOfB, number, onText));
}

/** Starts pairs at a fixed rate, even if the server is slow: waiting for it would spare it. */
function pairs(ports: readonly number[], perSecond: number, seconds: number): void {
  const times: number[] = [];
  const startedAt = performance.now();
  let started = 0;
  const timer = setInterval(() => {
    const elapsed = (performance.now() - startedAt) / 1000;
    const due = Math.min(elapsed, seconds) * perSecond;
    for (; started < due; started += 1) {
      const [portOfB = 0, portOfA = 0] = [started, started + 1].map((n) => ports[n % ports.length]);
      pair(portOfB, portOfA, (ms) => times.push(ms));
    }
    const isOver = elapsed > seconds && (times.length >= started || elapsed > seconds + 10);
    if (!isOver) {
      return;
    }
    clearInterval(timer);
    const sorted = times.toSorted((one, other) => one - other);
    const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Infinity;
    say({ started, matched: times.length, p99, median: sorted[Math.floor(sorted.length / 2)] ?? Infinity });
  }, 5);
}

switch (kind) {
  case 'wait':
    wait(Number(words[0]), Number(words[1]));
    break;
  case 'pairs':
    pairs(String(words[0]).split(',').map(Number), Number(words[1]), Number(words[2]));
    break;
  case 'flood': {
    const [name = '', port, count, ...addresses] = words;
    const start = floods[name];
    if (start === undefined) {
      throw new Error(`no flood ${name}`);
    }
    const flood = start({ port: Number(port), count: Number(count), addresses, again: true });
    // The signal may come before all are connected.
    process.once('SIGTERM', () => {
      flood.stop();
      say(flood.tally());
    });
    break;
  }
  default:
    throw new Error(`no load ${kind}`);
}
