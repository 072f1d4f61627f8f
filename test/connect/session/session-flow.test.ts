import type { Duplex } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import {
  createFrameDecoder,
  encodeFrame,
  SEGMENT_BYTES,
  type Frame,
} from '../../../source/connect/session/wire/frames.ts';
import { keepaliveTimes } from '../../../source/connect/session/wire/keepalive.ts';
import { FrameLink } from '../../../source/connect/session/frame-link.ts';
import { Session } from '../../../source/connect/session/session.ts';
import { eventually } from '../../helpers/eventually.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { socketPair } from '../../helpers/sessions/socket-pair.ts';

/** A session, the other end of its socket, and the frames of some types that it has sent. */
async function sessionAndPeer<T extends Frame['type']>(...types: T[]) {
  expectNothingLeft();
  const [ours, theirs] = await socketPair();
  const session = new Session(keepaliveTimes);
  onTestFinished(() => session.destroy());
  session.on('data', (bytes) => session.consumed(bytes.length));
  session.attach(new FrameLink(ours));
  return { session, theirs, frames: framesOf(theirs, types) };
}

function framesOf<T extends Frame['type']>(
  stream: Duplex,
  types: readonly T[],
): Extract<Frame, { type: T }>[] {
  const frames: Extract<Frame, { type: T }>[] = [];
  const decoder = createFrameDecoder();
  function isWanted(frame: Frame): frame is Extract<Frame, { type: T }> {
    return types.some((type) => type === frame.type);
  }
  stream.on('data', (chunk: Buffer) => frames.push(...decoder.push(chunk).filter(isWanted)));
  stream.on('error', () => undefined);
  stream.resume();
  return frames;
}

function segment(n: number) {
  return encodeFrame({ type: 'data', offset: n * SEGMENT_BYTES, bytes: Buffer.alloc(SEGMENT_BYTES) });
}

test('a stream that goes on is acknowledged now and then, and to its end', async () => {
  const { theirs, frames } = await sessionAndPeer('ack');
  const segments = 200;
  for (let n = 0; n < segments; n += 1) {
    theirs.write(segment(n));
    // Each segment comes in a turn of its own.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually(() => expect(frames.at(-1)?.received).toBe(segments * SEGMENT_BYTES));
  // 3.2 MB are acknowledged once for each 256 KiB, for each quarter of the window, and when time has asked for it.
  expect(frames.length).toBeLessThan(segments / 2);
});

test('a stream that pauses after a whole segment is still acknowledged', async () => {
  const { theirs, frames } = await sessionAndPeer('ack');
  theirs.write(segment(0));
  await eventually(() => expect(frames.map(({ received }) => received)).toEqual([SEGMENT_BYTES]));
});

test('the answer to a ping comes behind the ack for the data that was read before it', async () => {
  const { theirs, frames } = await sessionAndPeer('ack', 'pong');
  theirs.write(Buffer.concat([segment(0), encodeFrame({ type: 'ping', id: 7 })]));
  await eventually(() =>
    expect(frames).toMatchObject([
      { type: 'ack', received: SEGMENT_BYTES },
      { type: 'pong', id: 7 },
    ]),
  );
});

test('the rest of a long write is sent with the next write, or alone if there is none', async () => {
  const { session, frames } = await sessionAndPeer('data');
  const writes = 20;
  for (let n = 0; n < writes; n += 1) {
    session.write(Buffer.alloc(64 * 1024));
    await new Promise((resolve) => setImmediate(resolve));
  }
  function received() {
    return frames.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
  await eventually(() => expect(received()).toBe(writes * 64 * 1024));
  const broken = frames.filter(({ bytes }) => bytes.length < SEGMENT_BYTES);
  expect(broken.map(({ bytes }) => bytes.length)).toEqual([(writes * 64 * 1024) % SEGMENT_BYTES]);
});
