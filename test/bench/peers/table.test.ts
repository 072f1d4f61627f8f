import { expect, test } from 'vitest';
import type { Transfer } from './contenders.ts';
import { cellOf, tableOf } from './table.ts';

const failed: Transfer = { firstByteMs: Infinity, lastByteMs: Infinity, way: 'none' };

test('a cell counts what arrived whole, and has the medians of that alone', () => {
  expect(
    cellOf([
      { firstByteMs: 500, lastByteMs: 700, way: 'direct' },
      failed,
      { firstByteMs: 1500, lastByteMs: 2700, way: 'direct' },
    ]),
  ).toBe('2/3 direct, 1.00 s, 1.70 s');
});

test('it names both ways if there were two', () => {
  expect(
    cellOf([
      { firstByteMs: 500, lastByteMs: 700, way: 'direct' },
      { firstByteMs: 500, lastByteMs: 700, way: 'server' },
    ]),
  ).toBe('2/2 direct and by a server, 0.50 s, 0.70 s');
});

test('it has no times where nothing arrived', () => {
  expect(cellOf([failed, failed])).toBe('0/2');
});

test('a table has a line below its head', () => {
  expect(
    tableOf([
      ['', 'one'],
      ['pair', '3/3'],
    ]),
  ).toBe('|  | one |\n| --- | --- |\n| pair | 3/3 |');
});
