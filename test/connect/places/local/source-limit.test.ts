import { expect, test } from 'vitest';
import { SourceLimit } from '../../../../source/connect/places/local/source-limit.ts';

test('of a flood, 32 datagrams are read at once, and then ten in a second', () => {
  const limit = new SourceLimit();
  function readAt(now: number) {
    return Array.from({ length: 10_000 }, () => limit.allows('192.0.2.1', now)).filter(Boolean).length;
  }
  expect(readAt(0)).toBe(32);
  expect(readAt(1000)).toBe(10);
});

test('a flood of one source shuts out nobody else', () => {
  const limit = new SourceLimit();
  while (limit.allows('192.0.2.1', 0)) {
    // Until it is full.
  }
  expect(limit.allows('192.0.2.2', 0)).toBe(true);
});

test('a source that is not among the last 256 is forgotten, so that invented ones take no memory', () => {
  const limit = new SourceLimit();
  while (limit.allows('192.0.2.1', 0)) {
    // Until it is full.
  }
  for (let one = 0; one < 255; one += 1) {
    limit.allows(`2001:db8::${one.toString(16)}`, 0);
  }
  expect(limit.allows('192.0.2.1', 0)).toBe(false);
  limit.allows('2001:db8::ffff', 0);
  expect(limit.allows('192.0.2.1', 0)).toBe(true);
});
