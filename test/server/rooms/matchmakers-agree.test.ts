/** The rules of rooms stand twice, in TypeScript and in Lua. Random steps find differences between the two. */
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { inMemory, inStore, useStore } from '../../helpers/servers/contract-spaces.ts';
import { RoomVisitors, stepsOf, tightLimits } from '../../helpers/servers/room-visitors.ts';

const store = inStore(3);
useStore(store);
/** The time for all runs, and for making a failing one simpler. */
const MAX_MS = 30_000;

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
