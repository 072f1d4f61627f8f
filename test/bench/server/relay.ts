import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { ClientMessage } from '../../../source/protocol/rendezvous-messages.ts';
import { median, type Figure } from '../figure.ts';
import { startBareSplice, startRendezvous } from './programs.ts';

const RUNS = 7;
const MEGABYTES = 1024;
const CHUNK = Buffer.alloc(65_536);

/** The throughput of the relay, one way over loopback, as a ratio to two sockets that are piped into each other. */
export async function relay(): Promise<Figure[]> {
  const unbounded = ['--relay-rate', '10000000', '--relay-volume', '10000000'];
  const [bare, ours] = [await startBareSplice(), await startRendezvous(unbounded)];
  try {
    const ratios: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      // Measured right after each other, because the other load of the machine changes by the second.
      const bareMs = await timed(await dialBoth(bare.port));
      const oursMs = await timed(await relayed(ours.port));
      process.stdout.write(`      ${rate(bareMs)} MB/s bare, ${rate(oursMs)} MB/s through us\n`);
      // The first run compiles the code, on both sides of the ratio, and does not count.
      if (run > 0) {
        ratios.push(bareMs / oursMs);
      }
    }
    return [{ name: 'relay: throughput, ratio to a bare splice', value: median(ratios), atLeast: 0.8 }];
  } finally {
    await Promise.all([bare.stop(), ours.stop()]);
  }
}

function rate(ms: number): string {
  return ((MEGABYTES * 1000) / ms).toFixed(0);
}

type Ends = readonly [from: Socket, to: Socket];

async function dialBoth(port: number): Promise<Ends> {
  const ends = [0, 1].map(() => connect({ port, host: '127.0.0.1', noDelay: true }));
  await Promise.all(ends.map((end) => once(end, 'connect')));
  return ends as unknown as Ends;
}

/** Two matched clients that have both asked for the relay. */
async function relayed(port: number): Promise<Ends> {
  const ends = await dialBoth(port);
  for (const [index, end] of ends.entries()) {
    const join = { number: 4711, client: bytes(16), share: bytes(32), nonce: bytes(16), rttMs: 1 };
    say(end, { t: 'join', v: 1, ...join });
    if (index === 0) {
      await heard(end, 'waiting');
    }
  }
  for (const end of ends) {
    await heard(end, 'matched');
    say(end, { t: 'relay' });
  }
  await Promise.all(ends.map((end) => heard(end, 'relaying')));
  return ends;
}

function bytes(length: number): string {
  return randomBytes(length).toString('base64url');
}

function say(end: Socket, message: ClientMessage) {
  return end.write(`${JSON.stringify(message)}\n`);
}

/** Reads until a whole message of this type has come. Nothing follows it without a request. */
async function heard(end: Socket, type: string): Promise<void> {
  for (let text = ''; !(text.includes(`"t":"${type}"`) && text.endsWith('\n'));) {
    const [chunk] = (await once(end, 'data')) as [Buffer];
    text += String(chunk);
  }
}

async function timed([from, to]: Ends): Promise<number> {
  const startedAt = performance.now();
  const left = { write: MEGABYTES * 1024 * 1024, read: MEGABYTES * 1024 * 1024 };
  function write() {
    while (left.write > 0) {
      left.write -= CHUNK.length;
      if (!from.write(CHUNK)) {
        return;
      }
    }
  }
  from.on('drain', write);
  const arrived = new Promise<void>((resolve) => {
    to.on('data', (chunk: Buffer) => {
      left.read -= chunk.length;
      if (left.read <= 0) {
        resolve();
      }
    });
  });
  write();
  await arrived;
  const ms = performance.now() - startedAt;
  for (const end of [from, to]) {
    end.destroy();
  }
  return ms;
}
