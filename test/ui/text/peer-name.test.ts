import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameLabel, nameText } from '../../../source/ui/text/peer-name.ts';
import { hostileText } from '../../helpers/strangers/hostile-bytes.ts';

test.each([
  ['anna', 'anna', '<anna>'],
  ['Grüße_1.2-x', 'Grüße_1.2-x', '<Grüße_1.2-x>'],
  ['Ada Lovelace', '"Ada Lovelace"', '<Ada Lovelace>'],
  ['error: disk full', '"error: disk full"', '<error: disk full>'],
  ['a" has left. "b', `"a' has left. 'b"`, '<a" has left. "b>'],
  ['x> hello <y', '"x> hello <y"', '<x› hello ‹y>'],
  ['* connected', '"* connected"', '<* connected>'],
  ['[12:00]', '"[12:00]"', '<[12:00]>'],
  ['', 'peer', '<peer>'],
  ['me', 'peer "me"', '<peer "me">'],
  ['Y.O.U.', 'peer "Y.O.U."', '<peer "Y.O.U.">'],
  ['peer "x" has left', `"peer 'x' has left"`, '<peer "x" has left>'],
])('%j is %s in a sentence, and %s before a message', (name, text, label) => {
  expect(nameText(name)).toBe(text);
  expect(nameLabel(name)).toBe(label);
});

test('any name ends where it seems to end', () => {
  const holds = fc.property(hostileText(fc.string()), (name) => {
    expect(nameText(name)).toMatch(/^(?:[^\s":]+|(?:peer )?"[^"\n]+")$/v);
    expect(nameLabel(name)).toMatch(/^<[^<>\n]+>$/v);
  });
  expect(() => fc.assert(holds)).not.toThrow();
});
