import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../../../source/errors.ts';
import {
  decodeGot,
  decodeKeptText,
  encodeKeptText,
  KEPT_HEADER_BYTES,
} from '../../../source/protocol/friend/kept-text.ts';
import { codePoint } from '../../helpers/strangers/code-point.ts';

const id = '000102030405060708090a0b0c0d0e0f';
const lastMoment = 8_640_000_000_000_000;

test('any text comes back as it was, with its time and mark', () => {
  fc.assert(
    fc.property(
      fc.record({
        id: fc.stringMatching(/^[0-9a-f]{32}$/),
        writtenAt: fc.integer({ min: 0, max: lastMoment }),
        hasWaited: fc.boolean(),
        text: fc.string({ unit: codePoint }),
      }),
      (kept) => {
        const encoded = encodeKeptText(kept);
        expect(decodeKeptText(encoded)).toEqual(kept);
        expect(Buffer.byteLength(encoded) - Buffer.byteLength(kept.text)).toBeLessThanOrEqual(
          KEPT_HEADER_BYTES,
        );
      },
    ),
  );
});

test.each([
  ['nothing', ''],
  ['no header', 'hello'],
  ['an id that is too short', `${id.slice(1)} 1 n\nhi`],
  ['an id in capitals', `${id.toUpperCase()} 1 n\nhi`],
  ['a time that is no number', `${id} now n\nhi`],
  ['a time before 1970', `${id} -1 n\nhi`],
  ['a time after the end of all dates', `${id} ${lastMoment + 1} n\nhi`],
  ['another mark', `${id} 1 x\nhi`],
  ['no newline', `${id} 1 n`],
])('%s is a ProtocolError', (_, text) => {
  expect(() => decodeKeptText(text)).toThrow(ProtocolError);
});

test('an answer is an id, and nothing else', () => {
  expect(decodeGot(id)).toBe(id);
  for (const text of ['', id.slice(1), `${id}0`, `${id}\n`, id.toUpperCase()]) {
    expect(() => decodeGot(text)).toThrow(ProtocolError);
  }
});
