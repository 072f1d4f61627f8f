/** The rules of rooms stand twice, in TypeScript and in Lua. Random steps find differences between the two. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { inMemory, inStore } from '../../helpers/servers/contract-spaces.ts';
import { RoomVisitors, stepsOf, tightLimits } from '../../helpers/servers/room-visitors.ts';
import { skipWithout } from '../../helpers/skip-without.ts';

const store = inStore(3);
const reason = store.missing();
/** The time for all runs, and for making a failing one simpler. */
const MAX_MS = 30_000;

beforeAll(async () => {
  if (reason === undefined) {
    await store.begin();
  }
});
afterAll(() => store.end());
beforeEach((context) => {
  if (reason !== undefined) {
    skipWithout(context, reason);
  }
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  return () => vi.useRealTimers();
});

test('three servers with one store tell each client the same as one server without a store', async () => {
  await fc.assert(
    fc.asyncProperty(stepsOf([1, 1, 9999, 10_000, 30_000, 600_000], 40), async (steps) => {
      const spaces = [await inMemory.create(tightLimits), await store.create(tightLimits)];
      const both = spaces.map((space) => new RoomVisitors(space));
      async function settle() {
        await Promise.all(spaces.map((space) => space.settle()));
      }
      try {
        for (const step of steps) {
          const thrown = both.map((visitors) => visitors.do(step));
          await settle();
          if (step.does === 'wait') {
            vi.advanceTimersByTime(step.ms);
            await settle();
          }
          const [inOne, inMany] = both.map((visitors, index) => [thrown[index], visitors.look()]);
          expect(inMany).toEqual(inOne);
        }
      } finally {
        await Promise.all(spaces.map((space) => space.close()));
        vi.clearAllTimers();
      }
    }),
    { numRuns: 25, interruptAfterTimeLimit: MAX_MS },
  );
});
