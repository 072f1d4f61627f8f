import { describe, expect, test } from 'vitest';
import { readTry } from '../../../source/lab/matrix/try.ts';

describe('the hosts that meet in', () => {
  test.each([
    [
      ['cone', 'random'],
      ['alice', 'bob'],
    ],
    [
      ['ada=cone', 'random'],
      ['ada', 'bob'],
    ],
    [['home=cone,hosts=ada+grace'], ['ada', 'grace']],
    [
      ['ada=cone,hosts=a+b', 'grace=open'],
      ['a', 'grace'],
    ],
    [
      ['ada=cone,behind=isp', 'grace=open', 'isp=carrier'],
      ['ada', 'grace'],
    ],
  ])('%j', (words, hosts) => {
    expect(readTry(words, 0).hosts).toEqual(hosts);
  });
});

test('the delay is for lines that name none', () => {
  const { description } = readTry(['cone,loss=1', 'random,delay=5'], 20);
  expect(Object.values(description.sites).map(({ line }) => line)).toEqual([
    { delayMs: 20, lossPercent: 1 },
    { delayMs: 5 },
  ]);
});

test.each([
  [['cone'], 'two hosts are needed'],
  [['a=cone', 'a=random'], 'two sites named "a"'],
  [['cone', 'alice=random'], 'two sites named "alice"'],
  [['cone', 'random', 'open'], '"open" needs a name'],
])('%j is refused', (words, message) => {
  expect(() => readTry(words, 20)).toThrow(message);
});
