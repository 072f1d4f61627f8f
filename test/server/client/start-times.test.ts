import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { startInMs } from '../../../source/server/client/client-rounds.ts';

const rtt = fc.double({ min: 0, max: 4000, noNaN: true });

test('both SYNs leave at the same moment, and one side does not wait', () => {
  fc.assert(
    fc.property(rtt, rtt, (a, b) => {
      const [startA, startB] = [startInMs(a, b), startInMs(b, a)];
      expect(Math.abs(a / 2 + startA - (b / 2 + startB))).toBeLessThanOrEqual(0.11);
      expect(Math.min(startA, startB)).toBe(0);
    }),
  );
});

test('no side waits longer than 2 s', () => {
  expect(startInMs(0, 60_000)).toBe(2000);
});
