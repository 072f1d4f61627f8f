import { expect, test } from 'vitest';
import { OverdueAcks } from '../../../../source/connect/session/wire/overdue-acks.ts';

const grace = 2000;

/** Data, a ping that was answered at 40 ms, and another ping. */
function afterData(acknowledged: number): OverdueAcks {
  const acks = new OverdueAcks(grace);
  acks.sent(100);
  acks.pinged(1);
  expect(acks.isOverdue(1, 40)).toBe(false);
  acks.acknowledged(acknowledged);
  acks.pinged(2);
  return acks;
}

test('an answer without the ack is too late if two pings came after the data', () => {
  expect(afterData(0).isOverdue(2, 5040)).toBe(true);
  expect(afterData(99).isOverdue(2, 5040)).toBe(true);
});

test('data that was acknowledged is not overdue', () => {
  expect(afterData(100).isOverdue(2, 5040)).toBe(false);
});

test('data that was sent after the first of the two pings may still be under way', () => {
  const acks = new OverdueAcks(grace);
  acks.pinged(1);
  acks.sent(100);
  expect(acks.isOverdue(1, 40)).toBe(false);
  acks.pinged(2);
  expect(acks.isOverdue(2, 9000)).toBe(false);
});

test('two answers within a moment show nothing, however old the pings are, nor does an answer to an old ping', () => {
  const acks = new OverdueAcks(grace);
  acks.sent(100);
  acks.pinged(1);
  acks.pinged(2);
  // After a cut, all that has piled up is read at once.
  expect(acks.isOverdue(1, 30_000)).toBe(false);
  expect(acks.isOverdue(2, 30_001)).toBe(false);
  expect(acks.isOverdue(1, 60_000)).toBe(false);
  acks.pinged(3);
  expect(acks.isOverdue(3, 31_000)).toBe(false);
});

test('pings in quick succession add up', () => {
  const acks = afterData(0);
  for (let id = 2; id < 20; id += 1) {
    acks.pinged(id);
    expect(acks.isOverdue(id, id * 100)).toBe(false);
  }
  acks.pinged(21);
  expect(acks.isOverdue(21, 2040)).toBe(true);
});

test('a peer that acknowledges the oldest data may owe the rest for a while', () => {
  const acks = afterData(0);
  acks.sent(200);
  acks.pinged(3);
  acks.acknowledged(100);
  expect(acks.isOverdue(3, 5040)).toBe(false);
  acks.pinged(4);
  expect(acks.isOverdue(4, 7039)).toBe(false);
  expect(acks.isOverdue(4, 7040)).toBe(true);
});

test('a new channel starts from nothing', () => {
  const acks = afterData(0);
  acks.restart();
  acks.pinged(3);
  expect(acks.isOverdue(3, 10_040)).toBe(false);
  acks.pinged(4);
  expect(acks.isOverdue(4, 20_040)).toBe(false);
});
