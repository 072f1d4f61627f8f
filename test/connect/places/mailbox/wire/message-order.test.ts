import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MessageOrder } from '../../../../../source/connect/places/mailbox/wire/message-order.ts';

function read(counts: readonly number[]): number[] {
  const order = new MessageOrder<number>();
  return counts.flatMap((count) => order.put(count, count));
}

test('messages in any order and any number of copies are read in order and once', () => {
  const shuffled = fc
    .integer({ min: 1, max: 64 })
    .chain((length) =>
      fc.tuple(
        fc.shuffledSubarray([...Array(length).keys()], { minLength: length }),
        fc.array(fc.nat(length - 1)),
      ),
    );
  fc.assert(
    fc.property(shuffled, ([counts, copies]) => {
      expect(read([...counts, ...copies])).toEqual(counts.toSorted((one, other) => one - other));
      expect(read([...copies, ...counts])).toEqual(counts.toSorted((one, other) => one - other));
    }),
  );
});

test('the first message of a number holds', () => {
  const order = new MessageOrder<string>();
  expect(order.put(1, 'early')).toEqual([]);
  expect(order.put(1, 'again')).toEqual([]);
  expect(order.put(0, 'first')).toEqual(['first', 'early']);
  expect(order.put(0, 'late')).toEqual([]);
});

test('what is 64 ahead or more is dropped, and counts when it comes again', () => {
  const order = new MessageOrder<number>();
  expect(order.put(64, 64)).toEqual([]);
  expect(order.put(999_999, 0)).toEqual([]);
  for (let count = 63; count > 0; count -= 1) {
    expect(order.put(count, count)).toEqual([]);
  }
  expect(order.put(0, 0)).toEqual([...Array(64).keys()]);
  expect(order.put(64, 64)).toEqual([64]);
});
