import { array, assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { TokenBucket } from '../../source/network/rate-limit.ts';

test('lets one second’s worth through at once, and then asks for the time that the rest takes', () => {
  const bucket = new TokenBucket(1000, 0);
  expect(bucket.take(1000, 0)).toBe(0);
  expect(bucket.take(500, 0)).toBe(500);
  expect(bucket.take(1, 500)).toBe(1);
  expect(bucket.take(0, 501)).toBe(0);
});

test('saves up no more than one second’s worth', () => {
  const bucket = new TokenBucket(1000, 0);
  expect(bucket.take(1000, 3_600_000)).toBe(0);
  expect(bucket.take(100, 3_600_000)).toBe(100);
});

test('without a bound never asks anybody to wait', () => {
  const bucket = new TokenBucket(Infinity, 0);
  expect(bucket.take(1e12, 0)).toBe(0);
  expect(bucket.take(1e12, 0)).toBe(0);
});

test('whoever waits as asked stays below the rate, but for the first second’s worth and the last take', () => {
  assert(
    property(
      integer({ min: 1, max: 1e7 }),
      array(integer({ min: 1, max: 65_536 }), { minLength: 1, maxLength: 100 }),
      (bytesPerSecond, takes) => {
        const bucket = new TokenBucket(bytesPerSecond, 0);
        let [now, taken] = [0, 0];
        for (const bytes of takes) {
          taken += bytes;
          const waitMs = bucket.take(bytes, now);
          expect(taken - bytes).toBeLessThanOrEqual(bytesPerSecond * (1 + now / 1000) + 1e-6 * taken);
          now += waitMs;
        }
      },
    ),
  );
});
