import { expect, test } from 'vitest';
import { rise } from './trend.ts';

/** As long before, and flat. */
function after(half: readonly number[]) {
  return [...Array.from({ length: half.length }, () => 5), ...half];
}

test('what rises by one each time has risen by its length', () => {
  expect(rise(after(Array.from({ length: 21 }, (_, n) => n)))).toBe(20);
});

test('the first half does not count', () => {
  expect(rise([0, 100, 200, 300, 400, 400, 400, 400])).toBe(0);
});

test('what goes up and down, and one that is far off, are no rise', () => {
  expect(Math.abs(rise(after(Array.from({ length: 40 }, (_, n) => (n === 17 ? 1e6 : n % 2)))))).toBeLessThan(
    1,
  );
});

test('what falls has a rise below zero', () => {
  expect(rise(after([9, 8, 7, 6]))).toBe(-3);
});
