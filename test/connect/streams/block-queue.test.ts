import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockQueue } from '../../../source/connect/streams/block-queue.ts';

function takeAll(queue: BlockQueue): Buffer[] {
  const taken: Buffer[] = [];
  for (let piece = queue.take(); piece !== undefined; piece = queue.take()) {
    taken.push(piece);
  }
  return taken;
}

test('bytes come out as they went in, however they are cut and whenever they are taken', () => {
  const piece = fc.oneof(fc.nat(20), fc.nat(5000), fc.nat(400_000)).map((length) => randomBytes(length));
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, fc.boolean()), { maxLength: 10 }), (steps) => {
      const queue = new BlockQueue();
      const taken: Buffer[] = [];
      for (const [bytes, takes] of steps) {
        queue.append(bytes);
        if (takes) {
          taken.push(queue.take() ?? Buffer.alloc(0));
        }
      }
      taken.push(...takeAll(queue));
      expect(Buffer.concat(taken).equals(Buffer.concat(steps.map(([bytes]) => bytes)))).toBe(true);
      expect(queue.isEmpty).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('a piece has its memory for itself', () => {
  const queue = new BlockQueue();
  queue.append(randomBytes(300_000));
  const pieces = takeAll(queue);
  queue.append(Buffer.from('later'));
  pieces.push(...takeAll(queue));
  expect(pieces.map(({ byteOffset }) => byteOffset)).toEqual([0, 0, 0]);
  expect(new Set(pieces.map(({ buffer }) => buffer)).size).toBe(3);
});

test('single bytes become few pieces', () => {
  const queue = new BlockQueue();
  for (let n = 0; n < 100_000; n += 1) {
    queue.append(Buffer.of(n % 256));
  }
  const pieces = takeAll(queue);
  expect(pieces.length).toBeLessThan(30);
  expect(Buffer.concat(pieces).every((byte, n) => byte === n % 256)).toBe(true);
});
