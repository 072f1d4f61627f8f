import { describe, expect, test } from 'vitest';
import { readNumber } from '../../source/text/read-number.ts';
import { PunchlineError } from '../../source/errors.ts';

function read(text: string | undefined, whole = false) {
  return readNumber('--n', text, { min: 0.5, max: 100, whole });
}

describe('readNumber', () => {
  test.each([
    ['0.5', 0.5],
    ['100', 100],
    ['007', 7],
    ['2.50', 2.5],
  ])('reads %j', (text, value) => {
    expect(read(text)).toBe(value);
  });

  test('returns undefined if nothing was given', () => {
    expect(read(undefined)).toBeUndefined();
  });

  test('reads a whole number that is written with a fraction of zero', () => {
    expect(read('5.0', true)).toBe(5);
  });

  test.each([
    '',
    ' ',
    'abc',
    '5x',
    ' 5',
    '-5',
    '+5',
    '1e2',
    '0x10',
    '.5',
    '5.',
    '1,5',
    '1_0',
    'NaN',
    'Infinity',
    '٣',
  ])('refuses %j', (text) => {
    expect(() => read(text)).toThrow(PunchlineError);
  });

  test.each(['0.49', '100.01', '101', '9'.repeat(400)])('refuses %j, which is out of range', (text) => {
    expect(() => read(text)).toThrow(/from 0\.5 to 100$/);
  });

  test('names the option, the value and the range', () => {
    expect(() => read('abc')).toThrow("--n 'abc' is not a number from 0.5 to 100");
    expect(() => read('5.5', true)).toThrow("--n '5.5' is not a whole number from 0.5 to 100");
    expect(() => read('\u001B[31m')).toThrow("--n '␛[31m' is not");
  });
});
