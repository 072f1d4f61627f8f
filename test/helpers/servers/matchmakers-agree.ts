import * as fc from 'fast-check';
import { expect, vi } from 'vitest';
import { inMemory, type ContractMatchmaker } from './contract-spaces.ts';
import { RoomVisitors, stepsOf, tightLimits } from './room-visitors.ts';

/** Random steps find differences between the rules of rooms in TypeScript and those in Lua, which `store` follows. */
export async function expectAgreement(
  store: ContractMatchmaker,
  { runs, maxMs }: { readonly runs: number; readonly maxMs: number },
): Promise<void> {
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
    { numRuns: runs, interruptAfterTimeLimit: maxMs },
  );
}
