import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeEntry,
  decodeWritten,
  encodeEntry,
  encodeWritten,
  MAX_CONTENT_BYTES,
} from '../../../source/friends/memory/record-content.ts';
import { historyEntries, writtenTexts } from '../../helpers/friends/friend-texts.ts';

test('a message is read as it was written', () => {
  fc.assert(
    fc.property(writtenTexts, (message) => {
      expect(decodeWritten(encodeWritten(message))).toEqual(message);
    }),
  );
});

test('an entry is read as it was written', () => {
  fc.assert(
    fc.property(historyEntries, (entry) => {
      expect(decodeEntry(encodeEntry(entry))).toEqual(entry);
    }),
  );
});

test.each([
  [encodeWritten({ writtenAt: 0x0102_0304_0506, text: '\uFEFFhé' }), '010203040506efbbbf68c3a9'],
  [encodeEntry({ from: 'me', writtenAt: 1, text: 'a' }), '0000000000000161'],
  [encodeEntry({ from: 'peer', writtenAt: 1, text: '' }), '01000000000001'],
])('%o has these bytes', (bytes, hex) => {
  expect(Buffer.from(bytes).toString('hex')).toBe(hex);
});

test('a text has at most 64 KiB, and a time 48 bits', () => {
  const longest = 'é'.repeat(32 * 1024);
  expect(encodeEntry({ from: 'me', writtenAt: 0, text: longest })).toHaveLength(MAX_CONTENT_BYTES);
  expect(() => encodeWritten({ writtenAt: 0, text: `${longest}a` })).toThrow(RangeError);
  expect(() => encodeWritten({ writtenAt: -1, text: '' })).toThrow(RangeError);
  expect(() => encodeWritten({ writtenAt: 2 ** 48, text: '' })).toThrow(RangeError);
});

test.each([
  ['too short', '0000000001'],
  ['no UTF-8', '000000000001ff'],
  ['half a character', '000000000001c3'],
  ['too long', '00'.repeat(MAX_CONTENT_BYTES + 1)],
])('a message that is %s is refused', (_, hex) => {
  expect(decodeWritten(Buffer.from(hex, 'hex'))).toBeUndefined();
});

test.each([
  ['empty', ''],
  ['of nobody', '0200000000000161'],
  ['too short', '000000000001'],
])('an entry that is %s is refused', (_, hex) => {
  expect(decodeEntry(Buffer.from(hex, 'hex'))).toBeUndefined();
});
