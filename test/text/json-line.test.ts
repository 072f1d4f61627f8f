import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { formatJsonLine } from '../../source/text/json-line.ts';
import { codePoint } from '../helpers/strangers/code-point.ts';

test('any text becomes one line without control characters, and a program reads it back verbatim', () => {
  const acting = constantFrom(
    '\n',
    '\r',
    '\u001B[2J',
    '\u007F',
    '\u0085',
    '\u009B',
    '\u2028',
    '\u202E',
    '\u2066',
  );
  const texts = array(oneof(acting, string({ unit: codePoint }))).map((parts) => parts.join(''));
  assert(
    property(texts, (text) => {
      const line = formatJsonLine({ text });
      expect(JSON.parse(line)).toEqual({ text });
      // oxlint-disable-next-line no-control-regex -- these must not be in the line
      expect(line).toMatch(/^[^\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]*\n$/);
    }),
  );
});
