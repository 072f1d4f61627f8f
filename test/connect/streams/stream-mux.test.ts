import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  MAX_WINDOW_BYTES,
  type MuxedStream,
  WINDOW_BYTES,
} from '../../../source/connect/streams/muxed-stream.ts';
import { StreamMux } from '../../../source/connect/streams/stream-mux.ts';
import {
  createStreamDecoder,
  encodeStreamFrame,
  type StreamFrame,
} from '../../../source/connect/streams/wire/stream-frames.ts';
import type { ProtocolError } from '../../../source/errors.ts';
import { eventually } from '../../helpers/eventually.ts';
import { readToEnd } from '../../helpers/read-to-end.ts';
import { faultyPair } from '../../helpers/sessions/faulty-duplex.ts';

const quick = { sizes: [64 * 1024], turns: [0], bufferBytes: 64 * 1024 };

interface Side {
  readonly mux: StreamMux;
  /** Those that the other side has opened, with their targets. */
  readonly streams: [MuxedStream, string][];
  readonly broken: ProtocolError[];
}

function side(line: Duplex): Side {
  const streams: [MuxedStream, string][] = [];
  const broken: ProtocolError[] = [];
  const mux = new StreamMux(line, {
    onStream: (stream, target) => {
      stream.on('error', () => undefined);
      streams.push([stream, target]);
    },
    onBroken: (error) => broken.push(error),
  });
  line.on('error', () => undefined);
  onTestFinished(() => void line.destroy());
  return { mux, streams, broken };
}

function twoSides(faults = quick) {
  const [one, other] = faultyPair(faults, faults);
  return [side(one), side(other)] as const;
}

/** A stream of the first side, and its end at the second. */
async function openStream([one, other]: readonly [Side, Side], target = 'localhost:80') {
  const count = other.streams.length;
  const here = one.mux.open(target);
  here.on('error', () => undefined);
  await eventually(() => expect(other.streams.length).toBeGreaterThan(count));
  return [here, other.streams[count]![0]] as const;
}

/** The second side, as the bytes that a test writes. */
function rawSide() {
  const [line, raw] = faultyPair(quick, quick);
  raw.resume();
  return {
    ...side(line),
    say: (...frames: readonly StreamFrame[]) => {
      for (const frame of frames) {
        raw.write(encodeStreamFrame(frame));
      }
    },
  };
}

describe('streams over one connection', () => {
  test('carry each half to its end, and name their targets', async () => {
    const sides = twoSides();
    const [here, there] = await openStream(sides, 'localhost:80');
    expect(sides[1].streams.map(([, target]) => target)).toEqual(['localhost:80']);
    here.end('a question');
    expect(String(await readToEnd(there))).toBe('a question');
    // The other half goes on.
    there.write('an ');
    there.end('answer');
    expect(String(await readToEnd(here))).toBe('an answer');
    await eventually(() => expect([sides[0].mux.size, sides[1].mux.size]).toEqual([0, 0]));
  });

  test('an empty piece is nothing', async () => {
    const sides = twoSides();
    const [here, there] = await openStream(sides);
    here.write(Buffer.alloc(0));
    here.end(Buffer.alloc(0));
    expect(String(await readToEnd(there))).toBe('');
    expect(sides.flatMap(({ broken }) => broken)).toEqual([]);
  });

  test('carry any bytes of many streams, in both directions, however the line cuts them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          sizes: fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 }),
          turns: fc.array(fc.nat(2), { minLength: 1, maxLength: 5 }),
        }),
        fc.array(fc.tuple(fc.boolean(), fc.nat(5000)), { minLength: 1, maxLength: 6 }),
        async (faults, wanted) => {
          const sides = twoSides({ ...faults, bufferBytes: 1000 });
          const sent = wanted.map(([, length]) => randomBytes(length));
          const arrived = await Promise.all(
            wanted.map(async ([isFirst], index) => {
              const from = isFirst ? sides[0] : sides[1];
              const to = isFirst ? sides[1] : sides[0];
              from.mux
                .open(String(index))
                .on('error', () => undefined)
                .end(sent[index]);
              await eventually(() => expect(to.streams.map(([, target]) => target)).toContain(String(index)));
              return readToEnd(to.streams.find(([, target]) => target === String(index))![0]);
            }),
          );
          expect(arrived.map((bytes, index) => bytes.equals(sent[index]!))).toEqual(wanted.map(() => true));
          expect(sides.flatMap(({ broken }) => broken)).toEqual([]);
        },
      ),
      { numRuns: 15 },
    );
  });

  test('a stream that nobody reads holds up no other, and takes no more than a window', async () => {
    const sides = twoSides();
    const [stuck, unread] = await openStream(sides);
    stuck.write(Buffer.alloc(4 * WINDOW_BYTES));
    const [here, there] = await openStream(sides);
    const much = randomBytes(3 * WINDOW_BYTES);
    here.end(much);
    expect((await readToEnd(there)).equals(much)).toBe(true);
    let read = 0;
    unread.on('data', ({ length }: Buffer) => (read += length));
    await eventually(() => expect(read).toBe(4 * WINDOW_BYTES));
  });

  test('a reset ends both halves at once, with its reason', async () => {
    const sides = twoSides();
    const [here, there] = await openStream(sides);
    there.destroy(new Error('it refused the connection'));
    const [error] = (await once(here, 'error')) as [Error];
    expect(error.message).toBe('it refused the connection');
    // What was still under way to it does no harm.
    here.write('too late');
    const next = await openStream(sides);
    next[0].end('x');
    expect(String(await readToEnd(next[1]))).toBe('x');
    expect(sides.flatMap(({ broken }) => broken)).toEqual([]);
  });

  test('the end of the connection ends all of them', async () => {
    const [one, other] = faultyPair(quick, quick);
    const sides = [side(one), side(other)] as const;
    const [here] = await openStream(sides);
    const isOver = new Promise((resolve) => here.once('close', resolve));
    one.destroy();
    await isOver;
    expect(sides[0].mux.size).toBe(0);
    const late = sides[0].mux.open('localhost:80');
    const [error] = (await once(late, 'error')) as [Error];
    expect(error.message).toBe('the connection to the other side has ended');
  });

  test('no more than 128 streams of the other side are open, and the next is told', async () => {
    const sides = twoSides();
    const opened = Array.from({ length: 129 }, () => sides[0].mux.open('localhost:80'));
    for (const one of opened.slice(0, 128)) {
      one.on('error', () => undefined);
    }
    const [error] = (await once(opened[128]!, 'error')) as [Error];
    expect(error.message).toBe('128 connections are open, and no more are allowed');
    expect(sides[1].mux.size).toBe(128);
    for (const one of opened.slice(0, 128)) {
      one.destroy();
    }
    await eventually(() => expect(sides[1].mux.size).toBe(0));
    await expect(openStream(sides)).resolves.toHaveLength(2);
  });
});

test('a peer that opens streams without end, and reads no answers, is left', async () => {
  const [line, raw] = faultyPair(quick, quick);
  raw.pause();
  const broken: ProtocolError[] = [];
  const mux = new StreamMux(line, {
    onStream: (stream) => {
      stream.on('error', () => undefined);
      stream.destroy(new Error('x'.repeat(200)));
    },
    onBroken: (error) => broken.push(error),
  });
  for (let number = 1; number <= 6000; number += 1) {
    raw.write(encodeStreamFrame({ stream: number, isOurs: true, type: 'open', target: 'x' }));
  }
  await eventually(() => expect(broken).toHaveLength(1));
  expect(broken[0]?.message).toBe('more answers about streams than the peer reads');
  expect(line.writableLength).toBeLessThan(1_100_000);
  expect(mux.size).toBe(0);
});

test('the windows of streams whose readers keep up grow, and all together only so far', async () => {
  const [one, other] = faultyPair(quick, quick);
  const sides = [side(one), side(other)] as const;
  const decoder = createStreamDecoder();
  const credits = new Map<number, number>();
  one.on('data', (bytes: Uint8Array) => {
    for (const frame of decoder.push(bytes)) {
      if (frame.type === 'credit') {
        credits.set(frame.stream, (credits.get(frame.stream) ?? 0) + frame.bytes);
      }
    }
  });
  const total = 3 * MAX_WINDOW_BYTES;
  for (let n = 1; n <= 9; n += 1) {
    const [here, there] = await openStream(sides);
    let read = 0;
    there.on('data', ({ length }: Buffer) => (read += length));
    here.write(Buffer.alloc(total));
    await eventually(() => expect(read).toBe(total));
  }
  // What was taken last may not be given back yet.
  const isLarge = [...credits.values()].map((bytes) => WINDOW_BYTES + bytes > total + MAX_WINDOW_BYTES / 2);
  expect(isLarge).toEqual([...Array.from({ length: 8 }, () => true), false]);
  expect(sides.flatMap(({ broken }) => broken)).toEqual([]);
});

test('a write that was not sent fails with its stream', async () => {
  const [here] = await openStream(twoSides());
  const errors: unknown[] = [];
  here.on('error', (error) => errors.push(error));
  const written = new Promise((resolve) => here.write(Buffer.alloc(2 * WINDOW_BYTES), resolve));
  here.destroy();
  expect(await written).toBeInstanceOf(Error);
  expect(errors).toEqual([]);
});

test('a write is over when the connection has copied all of it, and not before', async () => {
  const arrived: Buffer[] = [];
  const line = new Duplex({
    read: () => undefined,
    write: (bytes: Buffer, _encoding, done) => {
      arrived.push(Buffer.from(bytes));
      setImmediate(done);
    },
  });
  const stream = side(line)
    .mux.open('x')
    .on('error', () => undefined);
  const bytes = randomBytes(200_000);
  const sent = Buffer.from(bytes);
  await new Promise((resolve) => stream.write(bytes, resolve));
  bytes.fill(0);
  const all = Buffer.concat(arrived);
  const frames = createStreamDecoder().push(all);
  const data = frames.flatMap((frame) => (frame.type === 'data' ? [frame.bytes] : []));
  expect(Buffer.concat(data).equals(sent)).toBe(true);
});

describe('the connection is broken off', () => {
  const theirs = { stream: 1, isOurs: true } as const;
  const open = { ...theirs, type: 'open', target: 'x' } as const;
  const full = { ...theirs, type: 'data', bytes: Buffer.alloc(32 * 1024) } as const;
  test.each<[string, StreamFrame[], string]>([
    [
      'for a stream that was never opened',
      [{ ...theirs, type: 'end' }],
      'end on a stream that was never opened',
    ],
    [
      'for a stream of ours that we have not opened',
      [{ stream: 1, isOurs: false, type: 'end' }],
      'end on a stream that was never opened',
    ],
    ['for a number that was left out', [{ ...open, stream: 2 }], 'stream 2 after stream 0'],
    ['for a number that comes again', [open, open], 'stream 1 after stream 1'],
    ['for a stream that is opened as ours', [{ ...open, isOurs: false }], 'stream 1 after stream 0'],
    [
      'for more data than the window allows',
      [open, ...Array.from({ length: 33 }, () => full)],
      'more data than the window of a stream allows',
    ],
    [
      'for data after the end',
      [open, { ...theirs, type: 'end' }, full],
      'more data than the window of a stream allows',
    ],
    [
      'for credit that nobody has used',
      [open, { ...theirs, type: 'credit', bytes: MAX_WINDOW_BYTES - WINDOW_BYTES + 1 }],
      'a credit beyond the window of a stream',
    ],
  ])('%s', async (_, frames, message) => {
    const raw = rawSide();
    raw.say(...frames);
    await eventually(() => expect(raw.broken.map((error) => error.message)).toContain(message));
  });
});
