import * as fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { narrowCharacters } from '../../../source/ui/text/narrow-characters.ts';
import { padText, truncateText, widthOf, wrapText } from '../../../source/ui/text/text-layout.ts';

test.each<[text: string, columns: number, lines: string[]]>([
  ['', 5, ['']],
  ['hello', 5, ['hello']],
  ['hello world', 5, ['hello', 'world']],
  ['hello world', 8, ['hello', 'world']],
  ['a bb ccc', 4, ['a bb', 'ccc']],
  ['abcdefgh', 3, ['abc', 'def', 'gh']],
  ['ab abcdefgh', 4, ['ab', 'abcd', 'efgh']],
  ['one\ntwo', 10, ['one', 'two']],
  ['one\n\ntwo', 10, ['one', '', 'two']],
  ['日本語の', 5, ['日本', '語の']],
  ['日本語', 1, ['日', '本', '語']],
  ['👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 3, ['👩‍👩‍👧‍👦', '👩‍👩‍👧‍👦']],
])('%j in %i columns', (text, columns, lines) => {
  expect(wrapText(text, columns)).toEqual(lines);
});

const text = fc.string({ unit: fc.constantFrom('a', 'bc', ' ', '  ', '日', 'é', '👩‍👧', '\n', 'e\u0301') });

test('no line is wider than the columns, and only spaces are lost', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 12 }), (whole, columns) => {
      const lines = wrapText(whole, columns);
      expect(lines.every((line) => widthOf(line) <= columns)).toBe(true);
      expect(lines.join('').replaceAll(/\s/g, '')).toBe(whole.replaceAll(/\s/g, ''));
    }),
  );
});

test.each([
  ['a vowel sign of Thai', '\u0E33'],
  ['consonants of Hindi, joined', '\u0915\u094D'],
  ['beginnings of Korean syllables', '\u1100'],
])('an overlong cluster is split into its letters: %s', (_, unit) => {
  const lines = wrapText(unit.repeat(100), 10);
  expect(lines.join('')).toBe(unit.repeat(100));
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(20);
});

test('truncated and padded texts have exactly the width asked for', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 12 }), (whole, columns) => {
      const line = whole.replaceAll('\n', '');
      expect(widthOf(truncateText(line, columns))).toBeLessThanOrEqual(columns);
      expect(widthOf(padText(line, columns))).toBe(columns);
    }),
  );
});

test('characters that are not measured have one column, also beside others', () => {
  const isNarrow = new RegExp(`^[${narrowCharacters}]$`);
  const all = Array.from({ length: 0x1_00_00 }, (_, code) => String.fromCharCode(code)).filter((one) =>
    isNarrow.test(one),
  );
  expect(all.length).toBeGreaterThan(1000);
  expect(all.filter((one) => stringWidth(one) !== 1)).toEqual([]);
  expect(stringWidth(all.join(''))).toBe(all.length);
  expect(stringWidth(all.toReversed().join(''))).toBe(all.length);
});
