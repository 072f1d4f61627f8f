import { expect, test } from 'vitest';
import { ReconnectDelay } from '../../../source/connect/reconnect/reconnect-delay.ts';

/** The pauses after channels that lasted for these times, in ms. */
function waits(...lasted: number[]): number[] {
  const delay = new ReconnectDelay();
  let now = 0;
  return lasted.map((ms) => {
    delay.begun(now);
    now += ms;
    return delay.nextMs(now);
  });
}

test('after a channel that lasted, or one that did not, the search begins at once', () => {
  expect(waits(60_000, 10, 60_000)).toEqual([0, 0, 0]);
});

test('the pauses grow if channels end soon after they have begun', () => {
  expect(waits(60_000, 10, 10, 10, 10, 10, 10, 10)).toEqual([0, 0, 500, 1000, 2000, 4000, 5000, 5000]);
});

test('a channel that lasts ends the row', () => {
  expect(waits(10, 10, 10, 10_000, 9999, 9999)).toEqual([0, 500, 1000, 0, 0, 500]);
});
