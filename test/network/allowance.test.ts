import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Allowance } from '../../source/network/rate-limit.ts';

test('an allowance is spent at once, and comes back one by one', () => {
  const allowance = new Allowance(2, 100);
  expect([0, 0, 0, 99, 100, 150, 200, 200].map((now) => allowance.take(now))).toEqual([
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

test('an allowance that rests is not saved up beyond its burst', () => {
  const allowance = new Allowance(2, 100);
  allowance.take(0);
  expect([10_000, 10_000, 10_000, 10_099, 10_100].map((now) => allowance.take(now))).toEqual([
    true,
    true,
    false,
    false,
    true,
  ]);
});

test('an allowance gives no more in any time than its burst and what is earned in it', () => {
  const pauses = fc.array(fc.nat(150), { minLength: 1, maxLength: 60 });
  const holds = fc.property(pauses, fc.integer({ min: 1, max: 4 }), (steps, burst) => {
    const allowance = new Allowance(burst, 100);
    let now = 0;
    const taken = steps.flatMap((step) => {
      now += step;
      return allowance.take(now) ? [now] : [];
    });
    return taken.every((start, from) =>
      taken.slice(from).every((end, more) => more + 1 <= burst + Math.ceil((end - start + 1) / 100)),
    );
  });
  expect(() => fc.assert(holds, { numRuns: 200 })).not.toThrow();
});

test('what has happened beyond an allowance is owed, and paid before anything may happen again', () => {
  const allowance = new Allowance(2, 100);
  expect(allowance.charge(0, 2)).toBe(true);
  expect(allowance.charge(0, 3)).toBe(false);
  expect([100, 200, 299].map((now) => allowance.charge(now, 0))).toEqual([false, false, false]);
  expect(allowance.charge(300, 0)).toBe(true);
  expect(allowance.take(399)).toBe(false);
  expect(allowance.take(400)).toBe(true);
});

test('an allowance is charged for no more in any time than its burst, what is earned in it, and one charge', () => {
  const charges = fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 9 })), { maxLength: 40 });
  const holds = fc.property(charges, (all) => {
    const allowance = new Allowance(4, 100);
    let [now, charged, isFree] = [0, 0, true];
    for (const [pauseMs, times] of all) {
      now += pauseMs;
      // As a reader does it: whoever owes waits.
      if (!isFree) {
        isFree = allowance.charge(now, 0);
      }
      if (!isFree) {
        continue;
      }
      isFree = allowance.charge(now, times);
      charged += times;
      expect(charged).toBeLessThanOrEqual(4 + now / 100 + 9);
    }
  });
  fc.assert(holds, { numRuns: 300 });
});
