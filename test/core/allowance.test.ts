import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Allowance } from '../../source/core/allowance.ts';

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
