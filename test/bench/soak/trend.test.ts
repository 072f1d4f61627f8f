import { expect, test } from 'vitest';
import { rise } from './trend.ts';

/** The series after a flat first half of the same length. */
function after(half: readonly number[]) {
  return [...Array.from({ length: half.length }, () => 5), ...half];
}

test('a series that rises by one each time has risen by its length', () => {
  expect(rise(after(Array.from({ length: 21 }, (_, n) => n)))).toBe(20);
});

test('the first half does not count', () => {
  expect(rise([0, 100, 200, 300, 400, 400, 400, 400])).toBe(0);
});

test('ups and downs, and a single outlier, are not a rise', () => {
  expect(Math.abs(rise(after(Array.from({ length: 40 }, (_, n) => (n === 17 ? 1e6 : n % 2)))))).toBeLessThan(
    1,
  );
});

test('a falling series has a negative rise', () => {
  expect(rise(after([9, 8, 7, 6]))).toBe(-3);
});
