import { expect, test } from 'vitest';
import { ReconnectDelay } from '../../../source/connect/reconnect/reconnect-delay.ts';

/** The waits after channels that lasted for so many ms, one after the other. */
function waits(...lasted: number[]): number[] {
  const delay = new ReconnectDelay();
  let now = 0;
  return lasted.map((ms) => {
    delay.begun(now);
    now += ms;
    return delay.nextMs(now);
  });
}

test('after a channel that lasted, and after one that did not, another is looked for at once', () => {
  expect(waits(60_000, 10, 60_000)).toEqual([0, 0, 0]);
});

test('channels that go as soon as they have come are looked for less and less often', () => {
  expect(waits(60_000, 10, 10, 10, 10, 10, 10, 10)).toEqual([0, 0, 500, 1000, 2000, 4000, 5000, 5000]);
});

test('a channel that lasts ends the row', () => {
  expect(waits(10, 10, 10, 10_000, 9999, 9999)).toEqual([0, 500, 1000, 0, 0, 500]);
});
