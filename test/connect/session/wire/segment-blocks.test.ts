import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFrameDecoder, SEGMENT_BYTES } from '../../../../source/connect/session/wire/frames.ts';
import { SegmentBlocks } from '../../../../source/connect/session/wire/segment-blocks.ts';

/** A stretch of a stream that repeats itself after a prime number of bytes. */
const period = 251;
const stream = Buffer.from(Uint8Array.from({ length: period * 40_000 }, (_, n) => n % period));
function streamBytes(offset: number, length: number) {
  return stream.subarray(offset % period, (offset % period) + length);
}

function append(blocks: SegmentBlocks, length: number): void {
  blocks.append(streamBytes(blocks.end, length));
}

/** All bytes that are held from `offset` on. */
function readAll(blocks: SegmentBlocks, offset: number): Buffer {
  const pieces: Uint8Array[] = [];
  for (let at = offset; ;) {
    const bytes = blocks.read(at, 100_000);
    if (bytes === undefined) {
      return Buffer.concat(pieces);
    }
    pieces.push(Buffer.from(bytes));
    at += bytes.length;
  }
}

describe('SegmentBlocks', () => {
  test('give back what was added, from any offset, after any adding and dropping', () => {
    const steps = fc.array(
      fc.record({
        add: fc.oneof(fc.nat(100), fc.nat(3 * SEGMENT_BYTES), fc.nat(800_000)),
        drop: fc.nat(900_000),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(steps, fc.nat(), (all, from) => {
        const blocks = new SegmentBlocks('data');
        for (const { add, drop } of all) {
          append(blocks, add);
          blocks.drop(Math.min(blocks.end, blocks.start + drop));
          const offset = blocks.start + (from % (blocks.end - blocks.start + 1));
          expect(readAll(blocks, offset).equals(streamBytes(offset, blocks.end - offset))).toBe(true);
          expect(blocks.start === 0 || blocks.read(blocks.start - 1, 1) === undefined).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('hold whole segments as frames, many in one piece', () => {
    const blocks = new SegmentBlocks('data');
    append(blocks, 3 * SEGMENT_BYTES + 5);
    const frames = blocks.readFrames(0, Infinity);
    expect(frames?.end).toBe(3 * SEGMENT_BYTES);
    expect(createFrameDecoder().push(frames?.bytes ?? Buffer.of())).toEqual(
      [0, 1, 2].map((n) => ({
        type: 'data',
        offset: n * SEGMENT_BYTES,
        bytes: streamBytes(n * SEGMENT_BYTES, SEGMENT_BYTES),
      })),
    );
    expect(blocks.readFrames(SEGMENT_BYTES, 3 * SEGMENT_BYTES - 1)?.end).toBe(2 * SEGMENT_BYTES);
  });

  test('give no frames for less than a segment, for an offset inside one, or for what was dropped', () => {
    const blocks = new SegmentBlocks('data');
    append(blocks, 2 * SEGMENT_BYTES - 1);
    expect(blocks.readFrames(0, SEGMENT_BYTES - 1)).toBeUndefined();
    expect(blocks.readFrames(SEGMENT_BYTES, Infinity)).toBeUndefined();
    expect(blocks.readFrames(1, Infinity)).toBeUndefined();
    blocks.drop(1);
    expect(blocks.readFrames(0, Infinity)).toBeUndefined();
  });

  test('give at most 128 KiB at once', () => {
    const blocks = new SegmentBlocks('data');
    append(blocks, 100 * SEGMENT_BYTES);
    expect(blocks.readFrames(0, Infinity)?.bytes.length).toBe(128 * 1024);
  });

  test('use their memory again, except the part that they were told to leave alone', () => {
    const blocks = new SegmentBlocks('data');
    function fill() {
      const from = blocks.end;
      append(blocks, 64 * SEGMENT_BYTES);
      const given = blocks.readFrames(from, Infinity)?.bytes ?? Buffer.of();
      blocks.drop(blocks.end);
      return given;
    }
    const given = fill();
    const kept = Buffer.from(given);
    // Two blocks are used in turn.
    const again = Array.from({ length: 4 }, fill);
    expect(again.some((bytes) => bytes.buffer === given.buffer)).toBe(true);
    expect(kept.equals(given)).toBe(false);

    append(blocks, SEGMENT_BYTES);
    const last = blocks.readFrames(blocks.start, Infinity)?.bytes ?? Buffer.of();
    const whole = Buffer.from(last);
    blocks.disown();
    for (let n = 0; n < 8; n += 1) {
      fill();
    }
    expect(whole.equals(last)).toBe(true);
  });
});
