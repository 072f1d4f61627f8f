import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { lengthValue } from '../../../source/connect/keys/keys.ts';

function range(end: number) {
  return Uint8Array.from({ length: end }, (_, index) => index);
}
function hex(bytes: Uint8Array) {
  return Buffer.from(bytes).toString('hex');
}

// The prepend_len and lv_cat vectors of draft-irtf-cfrg-cpace, appendix.
test.each([
  [[''], '00'],
  [['1234'], '0431323334'],
  [[range(127)], `7f${hex(range(127))}`],
  [[range(128)], `8001${hex(range(128))}`],
  [['1234', '5', '', '678'], '043132333401350003363738'],
])('%# gives the bytes of the draft', (fields, expected) => {
  expect(hex(lengthValue(...fields))).toBe(expected);
});

test('counts a string in bytes of UTF-8', () => {
  expect(hex(lengthValue('é'))).toBe('02c3a9');
});

test('different lists of fields give different bytes', () => {
  const fields = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 });
  fc.assert(
    fc.property(fields, fields, (one, other) => {
      const same =
        one.length === other.length && one.every((field, index) => hex(field) === hex(other[index]!));
      expect(hex(lengthValue(...one)) === hex(lengthValue(...other))).toBe(same);
    }),
  );
});
