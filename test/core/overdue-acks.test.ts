import { expect, test } from 'vitest';
import { OverdueAcks } from '../../source/core/overdue-acks.ts';

const grace = 2000;

function afterData(acknowledged: number): OverdueAcks {
  const acks = new OverdueAcks(grace);
  acks.sent(100);
  acks.acknowledged(acknowledged);
  acks.pinged(1, 0);
  acks.pinged(2, 5000);
  return acks;
}

test('two pings after the data, an answer without its ack is too late', () => {
  expect(afterData(0).isOverdue(2, 5040)).toBe(true);
  expect(afterData(99).isOverdue(2, 5040)).toBe(true);
});

test('what was acknowledged is not overdue', () => {
  expect(afterData(100).isOverdue(2, 5040)).toBe(false);
});

test('what was sent after the first of the two pings may still be on its way', () => {
  const acks = new OverdueAcks(grace);
  acks.pinged(1, 0);
  acks.sent(100);
  acks.pinged(2, 5000);
  expect(acks.isOverdue(2, 9000)).toBe(false);
});

test('two pings in a moment prove nothing, and neither does the answer to an old one', () => {
  const acks = new OverdueAcks(grace);
  acks.sent(100);
  acks.pinged(1, 0);
  acks.pinged(2, 10);
  expect(acks.isOverdue(2, 50)).toBe(false);
  expect(afterData(0).isOverdue(1, 60_000)).toBe(false);
});

test('a new channel begins anew', () => {
  const acks = afterData(0);
  acks.restart();
  acks.pinged(3, 10_000);
  acks.pinged(4, 20_000);
  expect(acks.isOverdue(4, 20_040)).toBe(false);
});
