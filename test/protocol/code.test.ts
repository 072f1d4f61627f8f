import { wordlist } from '@scure/bip39/wordlists/english.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  completeWord,
  formatCode,
  generateWords,
  isCodeWord,
  parseCode,
  passwordOf,
} from '../../source/protocol/code.ts';
import { PunchlineError } from '../../source/errors.ts';

/** The error that parsing throws, as a person reads it. */
function failure(text: string): PunchlineError {
  try {
    parseCode(text);
  } catch (error) {
    if (error instanceof PunchlineError) {
      return error;
    }
    throw error;
  }
  throw new Error(`parsed: ${text}`);
}

describe('parseCode', () => {
  test.each([
    ['7-velvet-orbit', 7, ['velvet', 'orbit']],
    ['  7-Velvet-ORBIT\n', 7, ['velvet', 'orbit']],
    ['1-zoo-zoo', 1, ['zoo', 'zoo']],
    ['999999999-abandon-zoo', 999_999_999, ['abandon', 'zoo']],
    ['7 velvet orbit', 7, ['velvet', 'orbit']],
    ['7-velvet orbit', 7, ['velvet', 'orbit']],
    ['7 - velvet – orbit', 7, ['velvet', 'orbit']],
    ['7 -velvet- orbit', 7, ['velvet', 'orbit']],
    ['7_velvet_orbit', 7, ['velvet', 'orbit']],
    ['7\u2011velvet\u2212orbit', 7, ['velvet', 'orbit']],
    ['７ーｖｅｌｖｅｔーｏｒｂｉｔ', 7, ['velvet', 'orbit']],
    ['“7-velvet-orbit”.', 7, ['velvet', 'orbit']],
    ['punchline chat 7-velvet-orbit', 7, ['velvet', 'orbit']],
    // A soft hyphen is nothing inside of a word, and a hyphen where one is missing.
    ['7-vel\u00ADvet-or\u00ADbit', 7, ['velvet', 'orbit']],
    ['7\u00ADvelvet\u00ADorbit', 7, ['velvet', 'orbit']],
    // A Turkish keyboard turns i into İ.
    ['7-VELVET-ORBİT', 7, ['velvet', 'orbit']],
    ['7-velvet-orbıt', 7, ['velvet', 'orbit']],
  ])('reads %j', (text, number, words) => {
    expect(parseCode(text)).toEqual({ number, words });
  });

  test.each([
    ['', 'the code is empty'],
    [' \n', 'the code is empty'],
    ['velvet-orbit', 'the code does not begin with a room number'],
    ['0-velvet-orbit', "the code does not begin with a room number: '0'"],
    ['07-velvet-orbit', "the code does not begin with a room number: '07'"],
    ['1000000000-velvet-orbit', "the code does not begin with a room number: '1000000000'"],
    ['-7-velvet-orbit', 'the code does not begin with a room number'],
    ['1e3-velvet-orbit', 'neither a hyphen nor a space follows the room number of the code'],
    ['7,velvet,orbit', 'neither a hyphen nor a space follows the room number of the code'],
    ['7²-velvet-orbit', 'neither a hyphen nor a space follows the room number of the code'],
    ['7 velvet', 'the code has 1 word after the number, not two'],
    ['7 velvet and orbit', 'the code has 3 words after the number, not two'],
    [
      '7-velvet-orbit™',
      'the second word of the code is not in the list of code words: it goes wrong at letter 6',
    ],
    ['7-velvet-orbit@example.org', 'a place stands behind the code'],
    ['٧-velvet-orbit', 'the code does not begin with a room number'],
    ['7', 'the code has 0 words after the number, not two'],
    ['7-', 'the code has 0 words after the number, not two'],
    ['7-velvet', 'the code has 1 word after the number, not two'],
    ['7-velvet-', 'the code has 1 word after the number, not two'],
    ['7-velvet-orbit-zoo', 'the code has 3 words after the number, not two'],
    ['7--velvet-orbit', 'the code has one hyphen too many'],
    ['7-velvet-orbit-', 'the code has one hyphen too many'],
    [
      '7-velvte-orbit',
      'the first word of the code is not in the list of code words: it goes wrong at letter 5',
    ],
    ['7-velvet-orb', 'the second word of the code is not in the list of code words: it is too short'],
    [
      '7-velvet-orbiit',
      'the second word of the code is not in the list of code words: it goes wrong at letter 5',
    ],
    [
      '7-xqzwkk-orbit',
      'the first word of the code is not in the list of code words: it goes wrong at letter 1',
    ],
    [
      '7-velvet-\x1b[2J',
      'the second word of the code is not in the list of code words: it goes wrong at letter 1',
    ],
    ['7-velvet orbit-zoo', 'the code has 3 words after the number, not two'],
  ])('%j: %s', (text, message) => {
    expect(failure(text)).toMatchObject({ code: 'ERR_USAGE', message });
    expect(failure(text).hint).toMatch(/\.$/);
  });

  test('a long word goes wrong at the same letter as a short one', () => {
    expect(failure(`7-velvet-abstract${'s'.repeat(4000)}`).message).toMatch(/at letter 9$/);
  });

  test('a text of more than 4096 characters is refused before it is read', () => {
    expect(failure(`7-velvet-abstract${'s'.repeat(1e6)}`).message).toBe(
      'the code has 1000017 characters, and none has more than 4096',
    );
  });

  test.each([
    '7-velvet-xqzwkk',
    '7-velvet-orbti',
    '7-velvte-orbit',
    '7-velvet-orb',
    '7-velvet-orbit-zoo',
    '7 velvet xqzwkk',
    '7–velvte orbit',
    'velvet orbit',
    '7velvet-orbit',
    '7-velvet-orbit@orbit zoo',
    'velvet-orbit',
    'orbit-7-velvet',
  ])('no error repeats or guesses a word of %j', (text) => {
    const { message, hint } = failure(text);
    expect(`${message} ${hint?.replace('7-velvet-orbit', '')}`).not.toMatch(/velv|orb|zoo|xqz/);
  });

  test('reads every code that formatCode writes', () => {
    const word = fc.constantFrom(...wordlist);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999 }), word, word, (number, first, second) => {
        const code = { number, words: [first, second] as const };
        expect(parseCode(formatCode(code))).toEqual(code);
        expect(parseCode(formatCode(code).toUpperCase())).toEqual(code);
      }),
    );
  });
});

test.each([
  ['velvet', true],
  ['“VELVET”,', true],
  ['velvte', false],
  ['', false],
])('%j is a word of the list: %s', (text, is) => {
  expect(isCodeWord(text)).toBe(is);
});

test('the password is the words without the number', () => {
  expect(passwordOf(parseCode('7-Velvet-Orbit'))).toBe('velvet-orbit');
});

test('the list has 2048 lower-case words that differ in their first four letters', () => {
  expect(wordlist).toHaveLength(2048);
  expect(wordlist.every((word) => /^[a-z]{3,8}$/.test(word))).toBe(true);
  expect(new Set(wordlist.map((word) => word.slice(0, 4))).size).toBe(2048);
});

describe('generateWords', () => {
  test('takes each word by one random index into the whole list', () => {
    const indexes = [0, 2047];
    const bounds: number[] = [];
    const words = generateWords((max) => {
      bounds.push(max);
      return indexes.shift()!;
    });
    expect(words).toEqual(['abandon', 'zoo']);
    expect(bounds).toEqual([2048, 2048]);
  });

  test('refuses an index outside the list', () => {
    expect(() => generateWords((max) => max)).toThrow(RangeError);
  });
});

describe('completeWord', () => {
  test.each([
    ['velv', 'velvet'],
    ['VEL', 'velvet'],
    ['orbi', 'orbit'],
    ['zoo', 'zoo'],
    ['act', 'act'],
    ['actr', 'actress'],
  ])('%s becomes %s', (prefix, word) => {
    expect(completeWord(prefix)).toBe(word);
  });

  test.each(['', 've', 'xq', 'velvets'])('%j has no completion', (prefix) => {
    expect(completeWord(prefix)).toBeUndefined();
  });

  test('four letters are enough for every word', () => {
    for (const word of wordlist) {
      expect(completeWord(word.slice(0, 4))).toBe(word);
    }
  });
});
