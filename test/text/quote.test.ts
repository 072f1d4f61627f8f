import { expect, test } from 'vitest';
import { quote } from '../../source/text/safe-text.ts';

test('a value stands in quotes', () => {
  expect(quote('7-velvet')).toBe("'7-velvet'");
});

test('a character that a terminal would obey is made visible', () => {
  expect(quote('\x1b[2J\n')).toBe("'␛[2J␊'");
});

test('a code is cut to its number', () => {
  expect(quote('x 7-Velvet-orbti@example.org')).toBe("'x 7-…@example.org'");
});

test.each([
  ['7 velvet orbti', "'7 …'"],
  ['“7 – velvet – orbit zoo”', "'“7 – …”'"],
  ['７‑vel\u200Bvet‑or\u00ADbit', "'7‑…'"],
])('also one that is written otherwise: %j', (text, shown) => {
  expect(quote(text)).toBe(shown);
});

test('a long value is cut', () => {
  expect(quote('x'.repeat(61))).toBe(`'${'x'.repeat(60)}…'`);
});
