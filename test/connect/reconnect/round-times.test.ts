import { expect, test } from 'vitest';
import { nextRoundMs, type RoundsSoFar } from '../../../source/connect/reconnect/round-turns.ts';

function waits(state: Omit<RoundsSoFar, 'tries'>, tries: number) {
  return Array.from({ length: tries }, (_, n) => nextRoundMs({ ...state, tries: n }));
}

test('on the local network no round follows', () => {
  expect(waits({ path: 'lan', sharesNetwork: true }, 2)).toEqual([undefined, undefined]);
});

test('on a direct path the pauses grow, and then only another address leads to a round', () => {
  const tried = waits({ path: 'direct', sharesNetwork: true }, 9);
  expect(tried).toEqual([5000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, undefined, undefined]);
});

test('on a direct path between peers without a common network no round follows the first', () => {
  expect(nextRoundMs({ path: 'direct', tries: 0, sharesNetwork: undefined })).toBe(5000);
  expect(nextRoundMs({ path: 'direct', tries: 1, sharesNetwork: false })).toBeUndefined();
});

test('on a relayed path rounds go on as long as it lasts, every two minutes at least', () => {
  const tried = waits({ path: 'relay', sharesNetwork: false }, 100);
  expect(tried.slice(0, 6)).toEqual([5000, 10_000, 20_000, 40_000, 80_000, 120_000]);
  expect(tried.slice(6)).toEqual(Array.from({ length: 94 }, () => 120_000));
});
