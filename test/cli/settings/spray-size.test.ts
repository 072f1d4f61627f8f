import { expect, test } from 'vitest';
import { readSpraySize } from '../../../source/cli/settings/spray-size.ts';
import { wholeSpray } from '../../../source/connect/punch/plan/spray-budget.ts';

test('a spray has the size that was typed, and else the whole one, which is the most', () => {
  expect(readSpraySize('1x1')).toEqual({ dials: 1, sockets: 1 });
  expect(readSpraySize('1024x64')).toEqual({ dials: 1024, sockets: 64 });
  expect(readSpraySize('64×32')).toEqual({ dials: 64, sockets: 32 });
  expect(readSpraySize(undefined)).toEqual(wholeSpray);
  expect(readSpraySize('1024x256')).toEqual(wholeSpray);
});

test.each(['', '64', 'x', '0x64', '64x0', '1025x256', '1024x257', '64x64x64', '-1x64', '6.4x64', '64X64'])(
  '%j is refused, with the bounds',
  (text) => {
    expect(() => readSpraySize(text)).toThrow(/1 to 1024 dials and 1 to 256 sockets/);
  },
);
