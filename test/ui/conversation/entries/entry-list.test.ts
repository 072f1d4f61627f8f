import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EntryList } from '../../../../source/ui/conversation/entries/entry-list.ts';

test('equals an array after the same steps, and changes no earlier list', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ append: fc.integer({ min: 1, max: 400 }) }) },
    { weight: 2, arbitrary: fc.record({ replace: fc.nat(2000) }) },
    { weight: 1, arbitrary: fc.record({ drop: fc.nat(600) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let list = new EntryList<number>();
      let array: readonly number[] = [];
      let next = 0;
      const before: [EntryList<number>, readonly number[]][] = [];
      for (const one of steps) {
        before.push([list, array]);
        if ('append' in one) {
          const more = Array.from({ length: one.append }, (_, n) => next + n);
          list = more.reduce((all, item) => all.append(item), list);
          array = array.concat(more);
          next += one.append;
        } else if ('drop' in one) {
          list = list.drop(one.drop);
          array = array.slice(one.drop);
        } else if (array.length > 0) {
          const index = one.replace % array.length;
          list = list.with(index, -next);
          array = array.with(index, -next);
        }
      }
      for (const [some, same] of [...before, [list, array] as const]) {
        expect([...some]).toEqual(same);
        expect(some.length).toBe(same.length);
        for (const index of [0, -1, 255, 256, same.length - 1, same.length, -same.length - 1]) {
          expect(some.at(index)).toBe(same.at(index));
        }
      }
    }),
    { numRuns: 50 },
  );
});
