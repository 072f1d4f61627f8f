import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeBody,
  encodeBody,
  formatPhase,
  parsePhase,
} from '../../../../../source/connect/places/mailbox/wire/room-messages.ts';

const nonce = '000102030405060708090a0b0c0d0e0f';

function hex(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('hex');
}

describe('a phase', () => {
  test.each([
    ['of another application', 'pake'],
    ['with a short nonce', `${nonce.slice(2)}.a.0`],
    ['with capital digits', `${nonce.toUpperCase()}.a.0`],
    ['with another role', `${nonce}.c.0`],
    ['with a seat where both nonces are known', `${nonce}-${nonce}.own.0`],
    ['with a number that is not canonical', `${nonce}.a.01`],
    ['with a negative number', `${nonce}.a.-1`],
    ['with a number beyond all counting', `${nonce}.a.1000000`],
    ['with something behind it', `${nonce}.a.0 `],
    ['with a line behind it', `${nonce}.a.0\n`],
    ['with nothing in it', ''],
  ])('%s is none of ours', (_what, text) => {
    expect(parsePhase(text)).toBeUndefined();
  });

  test('that can be read is written as it was', () => {
    const digits = fc.constantFrom(nonce, `${nonce}-${nonce}`, nonce.slice(1), '');
    const seat = fc.constantFrom('a', 'b', 'own', 'c');
    const phase = fc.tuple(digits, seat, fc.oneof(fc.nat(), fc.constantFrom('01', '-1')));
    fc.assert(
      fc.property(
        phase.map((parts) => parts.join('.')),
        (text) => {
          const parsed = parsePhase(text);
          expect(parsed === undefined ? text : formatPhase(parsed)).toBe(text);
        },
      ),
    );
  });
});

describe('a body', () => {
  const join = { t: 'join', rttMs: 1 };
  const mapped = { address: '203.0.113.7', port: 1 };

  test.each([
    ['that is not hex', 'xyz'],
    ['with half a byte', hex(join).slice(1)],
    ['in capital digits', hex(join).toUpperCase()],
    ['that is not UTF-8', 'ff'],
    ['that is not JSON', hex('{')],
    ['that is nested deeply', hex('['.repeat(20) + ']'.repeat(20))],
    ['of an unknown type', hex({ t: 'new' })],
    ['without a type', hex({})],
    ['that is null', hex('null')],
    ['with a short share', hex({ ...join, share: 'AAAA' })],
    ['with a share that is no base64url', hex({ ...join, share: `${'A'.repeat(42)}+` })],
    ['with a name for an address', hex({ ...join, mapped: { ...mapped, address: 'localhost' } })],
    ['with a zone in an address', hex({ ...join, mapped: { ...mapped, address: 'fe80::1%eth0' } })],
    ['with port 0', hex({ ...join, mapped: { ...mapped, port: 0 } })],
    ['with a broken probe port', hex({ ...join, mapped: { ...mapped, probePort: 1.5 } })],
    ['with a round trip of an hour', hex({ ...join, rttMs: 3_600_000 })],
    ['with a negative round trip', hex({ ...join, rttMs: -1 })],
    ['with an empty seal', hex({ t: 'seal', sealed: '' })],
    ['with a seal that is too long', hex({ t: 'seal', sealed: 'A'.repeat(6002) })],
    ['with round 0', hex({ t: 'round', n: 0, rttMs: 1 })],
    ['of more than 8 KiB', hex({ ...join, more: 'x'.repeat(8192) })],
  ])('%s is none of ours', (_what, body) => {
    expect(decodeBody(body)).toBeUndefined();
  });

  test('keeps its known fields, and no other', () => {
    expect(decodeBody(hex({ ...join, later: true }))).toEqual(join);
  });

  test('names an address in one spelling', () => {
    const body = hex({ ...join, mapped: { address: '::FFFF:203.0.113.7', port: 1 } });
    expect(decodeBody(body)).toEqual({ ...join, mapped });
  });

  test('holds the longest seal', () => {
    const message = { t: 'seal', sealed: new Uint8Array(4500).fill(7) } as const;
    expect(decodeBody(encodeBody(message))).toEqual(message);
  });

  test('never makes the reader throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json().map(hex)), (body) => {
        expect(() => decodeBody(body)).not.toThrow();
      }),
    );
  });
});
