import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteQueue } from '../../../source/protocol/framing/byte-queue.ts';
import { samples } from '../../helpers/samples.ts';
import { usedBytes } from '../../helpers/steps/held-bytes.ts';

function readAll(queue: ByteQueue, from: number, maxBytes: number): number[] {
  const read: number[] = [];
  for (let at = from; ;) {
    const bytes = queue.read(at, maxBytes);
    if (bytes === undefined) {
      return read;
    }
    read.push(...bytes);
    at += bytes.length;
  }
}

describe('ByteQueue', () => {
  test('returns the bytes that were added, from any offset, in pieces of any size', () => {
    const sizes = fc.array(fc.oneof(fc.nat(20), fc.integer({ min: 4000, max: 5000 })), { maxLength: 12 });
    fc.assert(
      fc.property(sizes, fc.nat(1000), fc.nat(1000), (lengths, from, drops) => {
        const queue = new ByteQueue();
        const all: number[] = [];
        for (const length of lengths) {
          const bytes = Uint8Array.from({ length }, (_, n) => (all.length + n) % 251);
          queue.append(bytes);
          all.push(...bytes);
        }
        expect(readAll(queue, from, 777)).toEqual(all.slice(from));
        const dropped = Math.min(drops, all.length);
        queue.drop(dropped);
        expect(queue.start).toBe(dropped);
        expect(queue.end).toBe(all.length);
        expect(queue.length).toBe(all.length - dropped);
        expect(readAll(queue, dropped, 777)).toEqual(all.slice(dropped));
        expect(dropped === 0 || queue.read(dropped - 1, 1) === undefined).toBe(true);
      }),
      { numRuns: samples(200) },
    );
  });

  test('takes more bytes after everything was dropped', () => {
    const queue = new ByteQueue();
    for (let n = 0; n < 300; n += 1) {
      queue.append(Uint8Array.from({ length: 100 }, () => n % 256));
      expect(queue.read(n * 100, 1000)).toEqual(Uint8Array.from({ length: 100 }, () => n % 256));
      queue.drop((n + 1) * 100);
      expect(queue.read((n + 1) * 100, 1)).toBeUndefined();
    }
  });

  test('does not change bytes that it has returned when more are added', () => {
    const queue = new ByteQueue();
    queue.append(Uint8Array.of(1, 2, 3));
    const first = queue.read(0, 10);
    queue.append(Uint8Array.of(4));
    expect(first).toEqual(Uint8Array.of(1, 2, 3));
    expect(queue.read(0, 10)).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  test('copies small pieces, so that the caller may change them', () => {
    const queue = new ByteQueue();
    const bytes = Uint8Array.of(1);
    queue.append(bytes);
    bytes[0] = 9;
    expect(queue.read(0, 1)).toEqual(Uint8Array.of(1));
  });

  test('takes little more memory than the bytes themselves, even if they are added one by one', async () => {
    const queue = new ByteQueue();
    const before = await usedBytes();
    for (let n = 0; n < 4_000_000; n += 1) {
      queue.append(Uint8Array.of(n));
    }
    const held = (await usedBytes()) - before;
    expect(queue.length).toBe(4_000_000);
    // An object for each byte would take 400 MB or more.
    expect(held).toBeLessThan(8e6);
  });
});
