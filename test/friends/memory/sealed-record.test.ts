import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { storeKey } from '../../../source/connect/keys/friend-keys.ts';
import {
  NONCE_BYTES,
  openRecord,
  SEAL_BYTES,
  sealRecord,
  type RecordName,
} from '../../../source/friends/memory/sealed-record.ts';
import { otherSecret, secret, withBitFlipped } from '../../helpers/friends/friend-folder.ts';
import { samples } from '../../helpers/samples.ts';

const key = storeKey(secret, 'waiting');
const name: RecordName = { kind: 'waiting', id: '000000000001-0a' };
const nonce = new Uint8Array(NONCE_BYTES).fill(3);
const content = Buffer.from('see you at eight');
const sealed = sealRecord(key, name, nonce, content);

test('opens as what was sealed, for any bytes', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ minLength: 12, maxLength: 12 }),
      (bytes, drawn) => {
        const record = sealRecord(key, name, drawn, bytes);
        expect(record).toHaveLength(bytes.length + SEAL_BYTES);
        expect(Buffer.compare(openRecord(key, name, record) ?? Buffer.of(), bytes)).toBe(0);
      },
    ),
    { numRuns: samples(300) },
  );
});

test('a vector holds, so that what was sealed by an earlier version opens', () => {
  expect(Buffer.from(sealed).toString('hex')).toBe(
    '030303030303030303030303231d7773065c56880146fef138b83ef3203b7ebcf8516aa6d0f396b9ee79f7ee',
  );
});

test('shows nothing of what it holds', () => {
  expect(Buffer.from(sealed).includes('eight')).toBe(false);
});

test('does not open with any one bit changed', () => {
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    expect(openRecord(key, name, withBitFlipped(sealed, bit))).toBeUndefined();
  }
});

test('does not open cut at any byte, or with a byte behind it', () => {
  for (let length = 0; length < sealed.length; length += 1) {
    expect(openRecord(key, name, sealed.subarray(0, length))).toBeUndefined();
  }
  expect(openRecord(key, name, Buffer.concat([sealed, Buffer.of(0)]))).toBeUndefined();
});

test.each([
  ['the key of another friend', storeKey(otherSecret, 'waiting'), name],
  ['the key for another purpose', storeKey(secret, 'history'), name],
  ['another kind', key, { ...name, kind: 'history' }],
  ['another id', key, { ...name, id: '000000000002-0a' }],
  ['a border between kind and id that was moved', key, { kind: 'waiting0', id: '00000000001-0a' }],
] as const)('does not open with %s', (_, otherKey, otherName) => {
  expect(openRecord(otherKey, otherName as RecordName, sealed)).toBeUndefined();
});
