import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Happening } from '../../source/events.ts';
import { parseInvite } from '../../source/protocol/invite.ts';
import type { ConnectOptions } from '../../source/connect/connect-options.ts';
import { connect, type Connection } from '../../source/connect/connection.ts';
import { eventually, standsStill } from '../helpers/eventually.ts';
import { expectNothingLeft } from '../helpers/nothing-left.ts';
import { reach } from '../helpers/chats/recorded-chat.ts';
import { TestServer } from '../helpers/servers/rendezvous-server.ts';
import { samples } from '../helpers/samples.ts';

/** A connection, and how it ended. */
function observed(options: ConnectOptions) {
  const connection = connect(options);
  const said: string[] = [];
  const happenings: Happening[] = [];
  connection.on('happening', (happening) => happenings.push(happening));
  connection.on('end', () => said.push('end'));
  connection.on('finish', () => said.push('finish'));
  connection.on('goodbye', (by) => said.push(`goodbye by ${by}`));
  connection.on('error', (error: Error & { code?: string }) => said.push(`error ${error.code}`));
  connection.on('close', () => said.push('close'));
  onTestFinished(() => void connection.destroy());
  return { connection, said, happenings };
}

/** Two connections to each other. `b` has opened the room. */
async function pair(options: { a?: Partial<ConnectOptions>; b?: Partial<ConnectOptions> } = {}) {
  expectNothingLeft();
  const server = await TestServer.start();
  const b = observed({ ...reach(server), lan: false, ...options.b });
  const invite = await eventually(() => {
    const found = b.happenings.find((one) => one.event === 'invite');
    if (found === undefined) {
      throw new Error('no invite yet');
    }
    return found.invite;
  });
  const { code } = parseInvite(invite);
  const a = observed({ ...reach(server), lan: false, code, ...options.a });
  return { a, b };
}

async function connected(options?: Parameters<typeof pair>[0]) {
  const both = await pair(options);
  await eventually(() => {
    expect([both.a.connection.connected, both.b.connection.connected]).toEqual([true, true]);
  });
  return both;
}

function ended(...sides: { said: string[] }[]) {
  return eventually(() => expect(sides.map(({ said }) => said.at(-1))).toEqual(sides.map(() => 'close')));
}

/** Expects that both halves ended, with one goodbye and no error. Which side's goodbye comes first depends on timing. */
function expectWholeEnd(...sides: { said: string[] }[]) {
  for (const { said } of sides) {
    expect(said.toSorted()).toEqual(['close', 'end', 'finish', expect.stringMatching(/^goodbye by /)]);
  }
}

/** Reads to the end without destroying the other half, as a bare `for await` would do. */
async function hashOf(stream: Readable) {
  const hash = createHash('sha256');
  const chunks = stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  for await (const chunk of chunks) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}

/** Random bytes in chunks of random sizes. */
function randomChunks(total: number): { chunks: Buffer[]; hash: string } {
  const bytes = randomBytes(total);
  const chunks: Buffer[] = [];
  for (let at = 0; at < total;) {
    const size = 1 + Math.floor(Math.random() ** 3 * 200_000);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return { chunks, hash: createHash('sha256').update(bytes).digest('hex') };
}

describe('a connection', () => {
  test('carries 10 MB each way at once, bit for bit, and ends by itself', async () => {
    const { a, b } = await pair();
    const [fromA, fromB] = [randomChunks(10e6), randomChunks(10e6)];
    const [atA, atB] = await Promise.all([
      hashOf(a.connection),
      hashOf(b.connection),
      pipeline(Readable.from(fromA.chunks), a.connection, { end: true }),
      pipeline(Readable.from(fromB.chunks), b.connection, { end: true }),
    ]);
    expect([atA, atB]).toEqual([fromB.hash, fromA.hash]);
    await ended(a, b);
    expectWholeEnd(a, b);
  });

  test('half-closes, and the other half goes on as long as it likes', async () => {
    const { a, b } = await pair();
    a.connection.end('question');
    let heard = '';
    b.connection.on('data', (bytes) => (heard += String(bytes)));
    await once(b.connection, 'end');
    expect(heard).toBe('question');
    let answer = '';
    a.connection.on('data', (bytes) => (answer += String(bytes)));
    b.connection.write('an ');
    await eventually(() => expect(answer).toBe('an '));
    // `a` knows that all has arrived when it is acknowledged, which may be after the answer.
    await eventually(() => expect([a.said, b.said]).toEqual([['finish'], ['end']]));
    b.connection.end('answer');
    await eventually(() => expect(answer).toBe('an answer'));
    await ended(a, b);
    expectWholeEnd(a, b);
  });

  test('finishes only when all has arrived', async () => {
    const { a, b } = await connected();
    // More than a window, and nobody reads yet.
    a.connection.end(Buffer.alloc(5_000_000));
    await once(b.connection, 'readable');
    expect(a.said).toEqual([]);
    b.connection.resume();
    await eventually(() => expect(a.said).toEqual(['finish']));
    await eventually(() => expect(b.said).toEqual(['end']));
  });

  test('holds the writer back when nobody reads, and bounds what both sides keep', async () => {
    const { a, b } = await connected();
    const chunk = Buffer.alloc(100_000);
    let taken = 0;
    function write() {
      while (!a.connection.writableNeedDrain && taken < 100e6) {
        a.connection.write(chunk, () => undefined);
        taken += chunk.length;
      }
    }
    a.connection.on('drain', write);
    write();
    // Until the peer's window and ours are full. The peer still answers pings, so the connection is not lost.
    await eventually(() => expect(taken).toBeGreaterThan(4e6));
    await standsStill(() => taken);
    expect(taken).toBeLessThan(10e6);
    expect(b.connection.readableLength).toBeLessThan(200_000);
    expect([a.said, b.said]).toEqual([[], []]);
    a.connection.off('drain', write);
    a.connection.end();
    let read = 0;
    for await (const bytes of b.connection as AsyncIterable<Buffer>) {
      read += bytes.length;
    }
    expect(read).toBe(taken);
  });

  test('takes little of many streams before it is sent', async () => {
    const server = await TestServer.start();
    const { connection } = observed({ ...reach(server), lan: false, mode: 'forward' });
    connection.write(Buffer.alloc(64 * 1024));
    expect(connection.writableLength).toBe(0);
    connection.write(Buffer.alloc(1));
    expect(connection.writableLength).toBe(1);
  });

  test('carries many streams whole', async () => {
    const { a, b } = await pair({ a: { mode: 'forward' }, b: { mode: 'forward' } });
    const { chunks, hash } = randomChunks(10e6);
    const [atB] = await Promise.all([
      hashOf(b.connection),
      pipeline(Readable.from(chunks), a.connection, { end: true }),
    ]);
    expect(atB).toBe(hash);
    b.connection.end();
    a.connection.resume();
    await ended(a, b);
  });

  test('packs a million writes of one byte', async () => {
    const writes = samples(1_000_000);
    const { a, b } = await pair();
    const reading = b.connection.toArray();
    for (let n = 0; n < writes; n += 1) {
      if (!a.connection.write(Uint8Array.of(n % 251))) {
        await once(a.connection, 'drain');
      }
    }
    a.connection.end();
    const read = Buffer.concat((await reading) as Buffer[]);
    expect(read.equals(Uint8Array.from({ length: writes }, (_, n) => n % 251))).toBe(true);
  });

  test('tells what happens, `connected` before the first byte', async () => {
    const { a, b } = await pair();
    const order: string[] = [];
    b.connection.on('happening', ({ event }) => event === 'connected' && order.push('connected'));
    b.connection.on('data', () => order.push('data'));
    a.connection.resume();
    a.connection.end('early');
    await eventually(() => expect(order).toEqual(['connected', 'data']));
    b.connection.end();
    await ended(a, b);
  });
});

describe('a goodbye', () => {
  test('leaves to the reader what has arrived, whenever it reads', async () => {
    const { a, b } = await connected();
    a.connection.write(Buffer.alloc(1_000_000, 7));
    a.connection.leave();
    a.connection.resume();
    await eventually(() => expect(b.said).toEqual(['goodbye by peer']));
    await ended(a);
    const read = Buffer.concat((await b.connection.toArray()) as Buffer[]);
    expect(read.equals(Buffer.alloc(1_000_000, 7))).toBe(true);
    await ended(b);
    expect(b.said).toEqual(['goodbye by peer', 'end', 'close']);
    expect(a.said).toEqual(['goodbye by us', 'end', 'close']);
  });

  test('closes at once a side that leaves and does not read', async () => {
    const { a, b } = await connected();
    b.connection.resume();
    a.connection.leave();
    await ended(a, b);
    expect(a.said).toEqual(['goodbye by us', 'close']);
  });

  test('lets no write succeed after it', async () => {
    const { a, b } = await connected();
    a.connection.leave();
    await eventually(() => expect(b.said).toEqual(['goodbye by peer']));
    const written = new Promise((resolve) => {
      b.connection.write('too late', (error) => resolve(error));
    });
    b.connection.resume();
    expect(await written).toMatchObject({ code: 'ERR_CONNECTION_LOST' });
  });

  test('closes a connection that has no peer yet', async () => {
    expectNothingLeft();
    const one = observed(reach(await TestServer.start()));
    one.connection.leave();
    await ended(one);
    expect(one.said).toEqual(['goodbye by us', 'close']);
  });

  test('with the reason protocol is a failure for the other side', async () => {
    const { a, b } = await connected();
    a.connection.resume();
    b.connection.resume();
    a.connection.leave('protocol');
    await ended(a, b);
    expect(b.said).toEqual(['error ERR_CONNECTION_LOST', 'close']);
  });
});

describe('an end without a goodbye', () => {
  test.each<[string, (connection: Connection, abort: AbortController) => void]>([
    ['destroy()', (connection) => void connection.destroy()],
    ['its signal', (_connection, abort) => abort.abort()],
  ])('by %s is at once a lost connection for the peer', async (_, cut) => {
    const abort = new AbortController();
    const { a, b } = await connected({ a: { signal: abort.signal } });
    b.connection.resume();
    cut(a.connection, abort);
    await ended(a, b);
    expect(a.said).toEqual(['close']);
    expect(b.said).toEqual(['error ERR_CONNECTION_LOST', 'close']);
  });

  test.each([['invite'], ['rendezvous']])(
    'by the signal, after the event %s, closes the connection',
    async (name) => {
      expectNothingLeft();
      const abort = new AbortController();
      const one = observed({ ...reach(await TestServer.start()), signal: abort.signal });
      one.connection.on('happening', ({ event }) => {
        if (event === name) {
          abort.abort();
        }
      });
      await ended(one);
      expect(one.said).toEqual(['close']);
    },
  );

  test('by a signal that was aborted before closes the connection', async () => {
    expectNothingLeft();
    const one = observed({ ...reach(await TestServer.start()), signal: AbortSignal.abort() });
    await ended(one);
    expect([one.said, one.happenings]).toEqual([['close'], []]);
  });
});

test.each<[string, Partial<ConnectOptions>, string, Partial<ConnectOptions>]>([
  ['chat', { mode: 'chat' }, 'pipe', { mode: 'pipe' }],
  ['send', { mode: 'chat', task: 'send' }, 'send', { mode: 'chat', task: 'send' }],
  ['receive', { mode: 'chat', task: 'receive' }, 'receive', { mode: 'chat', task: 'receive' }],
  ['send', { mode: 'chat', task: 'send' }, 'pipe', { mode: 'pipe' }],
])('a %s that meets a %s ends, and both say why', async (one, first, other, second) => {
  const { a, b } = await pair({ a: first, b: second });
  const errors = await Promise.all(
    [a, b].map(
      async ({ connection }) => (await once(connection, 'error').catch((error: unknown) => [error]))[0],
    ),
  );
  await ended(a, b);
  const mismatch = { code: 'ERR_MODE_MISMATCH', exitCode: 2 };
  expect(errors).toMatchObject([
    { ...mismatch, message: `the peer runs "punchline ${other}", we run "punchline ${one}"` },
    { ...mismatch, message: `the peer runs "punchline ${one}", we run "punchline ${other}"` },
  ]);
});
