import { array, assert, integer, nat, property, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { TokenBucket } from '../../source/network/token-bucket.ts';
import { samples } from '../helpers/samples.ts';

test('a bucket is spent at once, and its tokens come back one by one', () => {
  const bucket = new TokenBucket(2, 100);
  expect([0, 0, 0, 99, 100, 150, 200, 200].map((now) => bucket.take(now))).toEqual([
    true,
    true,
    false,
    false,
    true,
    false,
    true,
    false,
  ]);
});

test('a bucket that nobody uses saves up no more than its size', () => {
  const bucket = new TokenBucket(2, 100);
  bucket.take(0);
  expect([10_000, 10_000, 10_000, 10_099, 10_100].map((now) => bucket.take(now))).toEqual([
    true,
    true,
    false,
    false,
    true,
  ]);
});

test('takes in any span of time are no more than the size and what is earned in the span', () => {
  const pauses = array(nat(150), { minLength: 1, maxLength: 60 });
  const holds = property(pauses, integer({ min: 1, max: 4 }), (steps, size) => {
    const bucket = new TokenBucket(size, 100);
    let now = 0;
    const taken = steps.flatMap((step) => {
      now += step;
      return bucket.take(now) ? [now] : [];
    });
    return taken.every((start, from) =>
      taken.slice(from).every((end, more) => more + 1 <= size + Math.ceil((end - start + 1) / 100)),
    );
  });
  expect(() => assert(holds, { numRuns: samples(200) })).not.toThrow();
});

test('a charge beyond the tokens leaves a debt, and nothing can be taken before it is paid', () => {
  const bucket = new TokenBucket(2, 100);
  expect(bucket.charge(0, 2)).toBe(0);
  expect(bucket.charge(0, 3)).toBe(300);
  expect([100, 200, 299].map((now) => bucket.charge(now, 0))).toEqual([200, 100, 1]);
  expect(bucket.charge(300, 0)).toBe(0);
  expect(bucket.take(399)).toBe(false);
  expect(bucket.take(400)).toBe(true);
});

test('charges in any span of time are no more than the size, what is earned in the span, and the last charge', () => {
  const charges = array(tuple(nat(300), integer({ min: 1, max: 9 })), { maxLength: 40 });
  const holds = property(charges, (all) => {
    const bucket = new TokenBucket(4, 100);
    let [now, charged, waitMs] = [0, 0, 0];
    for (const [pauseMs, tokens] of all) {
      now += pauseMs;
      // A reader that has a debt asks again, and reads nothing meanwhile.
      if (waitMs > 0) {
        waitMs = bucket.charge(now, 0);
      }
      if (waitMs > 0) {
        continue;
      }
      waitMs = bucket.charge(now, tokens);
      charged += tokens;
      expect(charged).toBeLessThanOrEqual(4 + now / 100 + 9);
    }
  });
  assert(holds, { numRuns: samples(300) });
});

test('a bucket of bytes lets one second’s worth through at once, and then asks for the time that the rest takes', () => {
  const bucket = TokenBucket.ofBytes(1000);
  expect(bucket.charge(0, 1000)).toBe(0);
  expect(bucket.charge(0, 500)).toBe(500);
  expect(bucket.charge(500, 1)).toBe(1);
  expect(bucket.charge(501, 0)).toBe(0);
});

test('a bucket of bytes saves up no more than one second’s worth', () => {
  const bucket = TokenBucket.ofBytes(1000);
  expect(bucket.charge(3_600_000, 1000)).toBe(0);
  expect(bucket.charge(3_600_000, 100)).toBe(100);
});

test.each([
  ['bytes', TokenBucket.ofBytes(Infinity)],
  ['lines', new TokenBucket(Infinity, 5)],
])('a bucket of %s without a bound never asks anybody to wait', (_what, bucket) => {
  expect([0, 0, 7].map((now) => bucket.charge(now, 1e12))).toEqual([0, 0, 0]);
  expect(bucket.take(7)).toBe(true);
});

test('at a rate of 0 no time pays a debt', () => {
  const bucket = TokenBucket.ofBytes(0);
  expect([0, 10, 3_600_000].map((now) => bucket.charge(now, 1))).toEqual([Infinity, Infinity, Infinity]);
  expect(bucket.take(3_600_000)).toBe(false);
});

test('a stream that waits as it is asked stays below its rate, but for the first second’s worth and the last charge', () => {
  assert(
    property(
      integer({ min: 1, max: 1e7 }),
      array(integer({ min: 1, max: 65_536 }), { minLength: 1, maxLength: 100 }),
      (bytesPerSecond, charges) => {
        const bucket = TokenBucket.ofBytes(bytesPerSecond);
        let [now, charged] = [0, 0];
        for (const bytes of charges) {
          charged += bytes;
          const waitMs = bucket.charge(now, bytes);
          expect(charged - bytes).toBeLessThanOrEqual(bytesPerSecond * (1 + now / 1000) + 1e-6 * charged);
          now += waitMs;
        }
      },
    ),
  );
});
