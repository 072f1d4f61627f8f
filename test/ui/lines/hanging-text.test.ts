import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hangingText } from '../../../source/ui/lines/hanging-text.ts';
import { widthOf } from '../../../source/ui/text/text-layout.ts';

test.each([
  ['what fits stays', 'hello  there\n    you', 'hello  there\n    you'],
  ['a row ends between words', '<a> one two three four', '<a> one two three\n    four'],
  ['spaces end no row', `<a> x${' '.repeat(15)}* error`, '<a> x\n    * error'],
  ['nor do other spaces', `<a> x${'\u00A0\u3000'.repeat(5)}* error`, '<a> x\n    * error'],
  ['a line of spaces and a word has the word alone', `    ${' '.repeat(16)}* error`, '    * error'],
  ['a wide character counts twice', '<a> 日本語 日本語 日本語', '<a> 日本語 日本語\n    日本語'],
  [
    'a word that no row can hold stays whole, and nothing stands behind it',
    '<a> see https://example.org/abc * error',
    '<a> see\n    https://example.org/abc\n    * error',
  ],
])('%s', (_, text, expected) => {
  expect(hangingText(text, 20)).toBe(expected);
});

function bare(some: string): string {
  return some.replaceAll(/\s/g, '');
}

test('only the first row begins in the first column, and only a long word makes a row too wide', () => {
  const word = fc.oneof(
    fc.stringMatching(/^[ -~]{1,12}$/),
    fc.constantFrom(' '.repeat(30), '* error', '日本'),
  );
  const holds = fc.property(fc.array(word), fc.integer({ min: 10, max: 40 }), (words, columns) => {
    const text = `<a> ${words.join(' ')}`;
    const [first = '', ...rows] = hangingText(text, columns).split('\n');
    expect(first.startsWith('<a>')).toBe(true);
    for (const row of [first, ...rows]) {
      expect(widthOf(row) <= columns || !/\S\s+\S/.test(row.slice(4))).toBe(true);
    }
    for (const row of rows) {
      expect(row).toMatch(/^ {4}\S/);
    }
    expect(bare([first, ...rows].join(''))).toBe(bare(text));
  });
  expect(() => fc.assert(holds)).not.toThrow();
});
