/** Several servers ask one store at once. The order in which it hears them is chance; these rules hold in any order. */
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { inStore, useStore } from '../../../helpers/servers/contract-spaces.ts';
import {
  RoomVisitors,
  stepsOf,
  tightLimits,
  type SeenMatch,
} from '../../../helpers/servers/room-visitors.ts';

const store = inStore(3);
useStore(store);
/** The time for all runs, and for making a failing one simpler. */
const MAX_MS = 30_000;
/** How many steps are taken before anybody has an answer. */
const AT_ONCE = 5;

/** The two of each match were told of each other. One that has left before is told nothing. */
function expectPairs(matches: readonly SeenMatch[]) {
  const told = [...Map.groupBy(matches, ({ session }) => session).values()];
  expect(told.filter(({ length }) => length > 2)).toEqual([]);
  const pairs = told.flatMap(([one, other]) =>
    one === undefined || other === undefined ? [] : [[one, other] as const],
  );
  expect(pairs.map(([one]) => sides(one))).toEqual(pairs.map(([, other]) => sides(mirrored(other))));
}

function sides({ role, own, peer, room }: SeenMatch) {
  return { role, own, peer, room };
}

function mirrored(match: SeenMatch): SeenMatch {
  return { ...match, role: match.role === 'a' ? 'b' : 'a', own: match.peer, peer: match.own };
}

function isOfCode({ room }: SeenMatch) {
  return room.startsWith('number');
}

function hasGivenNumber(match: SeenMatch) {
  return isOfCode(match) && match.room !== 'number 5000';
}

test('a room has one match at a time and few in all, a guess is one match, and nobody meets itself', async () => {
  await fc.assert(
    fc.asyncProperty(stepsOf([1, 10_000], 60), async (steps) => {
      const space = await store.create(tightLimits);
      const visitors = new RoomVisitors(space);
      try {
        for (let from = 0; from < steps.length; from += AT_ONCE) {
          const batch = steps.slice(from, from + AT_ONCE);
          for (const step of batch) {
            visitors.do(step);
          }
          await space.settle();
          for (const { ms } of batch.filter(({ does }) => does === 'wait')) {
            vi.advanceTimersByTime(ms);
            await space.settle();
          }
          visitors.look();
          expectPairs(visitors.matches);
          const owners = visitors.underWay.filter(({ role }) => role === 'b').map(({ room }) => room);
          expect(owners).toEqual([...new Set(owners)]);
        }
        const guesses = visitors.matches.filter(isOfCode).map(({ own }) => own.nonce);
        expect(guesses).toEqual([...new Set(guesses)]);
        // All numbers rest longer than a run takes, so each of them was one room.
        const ofNumbers = Map.groupBy(visitors.matches.filter(hasGivenNumber), ({ room }) => room);
        for (const told of ofNumbers.values()) {
          expect(new Set(told.map(({ session }) => session)).size).toBeLessThanOrEqual(
            tightLimits.maxRearms + 1,
          );
        }
        for (const { own, peer } of visitors.matches.filter(isOfCode)) {
          expect(own.client).not.toBe(peer.client);
        }
        visitors.leave();
        await space.settle();
        vi.advanceTimersByTime(tightLimits.returnMs);
        expect(await space.left()).toEqual({ rooms: 0, waiting: 0, seats: 0 });
        expect(vi.getTimerCount()).toBe(0);
      } finally {
        await space.close();
      }
    }),
    { numRuns: 20, interruptAfterTimeLimit: MAX_MS },
  );
});
