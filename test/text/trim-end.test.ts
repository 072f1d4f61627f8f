import { expect, test } from 'vitest';
import { trimEndOf } from '../../source/text/trim-end.ts';

test.each([
  ['photo.. . ', '. ', 'photo'],
  ['. photo', '. ', '. photo'],
  ['... ', '. ', ''],
  ['', '. ', ''],
  ['anna\u200D \u200C', '\u200C\u200D ', 'anna'],
])('of %j, without any of %j at its end, %j is left', (text, characters, left) => {
  expect(trimEndOf(text, characters)).toBe(left);
});
