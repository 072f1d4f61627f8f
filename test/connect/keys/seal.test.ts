import { createCipheriv } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createOpener,
  createSealer,
  MAX_PLAINTEXT_BYTES,
  MAX_SEALED_BYTES,
} from '../../../source/connect/keys/seal.ts';
import { ProtocolError } from '../../../source/errors.ts';
import { raisesOnlyProtocolErrors } from '../../helpers/decoders/raises-only-protocol-errors.ts';

const key = new Uint8Array(32).fill(7);
const otherKey = new Uint8Array(32).fill(8);
function bytes(text: string) {
  return new TextEncoder().encode(text);
}
function hex(value: Uint8Array) {
  return Buffer.from(value).toString('hex');
}

/** The bytes of a seal by its definition: the nonce is a big-endian counter, the associated data a label. */
function reference(plaintext: Uint8Array, nonceHex: string): string {
  const cipher = createCipheriv('chacha20-poly1305', key, Buffer.from(nonceHex, 'hex'), {
    authTagLength: 16,
  });
  cipher.setAAD(Buffer.from('punchline/1 seal'), { plaintextLength: plaintext.length });
  return hex(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
}

test('seals count from nonce 0', () => {
  const sealer = createSealer(key);
  expect(hex(sealer.seal(bytes('one')))).toBe(reference(bytes('one'), '000000000000000000000000'));
  expect(hex(sealer.seal(bytes('two')))).toBe(reference(bytes('two'), '000000000000000000000001'));
});

test('the first seal of version 1 is this', () => {
  expect(hex(createSealer(key).seal(bytes('{"t":"hello"}')))).toBe(
    '4ca65d2e5a496c98ac1e6b22b4d736e14dc8ce06bfe63928bacda2c71a',
  );
});

test('seals open in the order in which they were made', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), (messages) => {
      const sealer = createSealer(key);
      const opener = createOpener(key);
      for (const message of messages) {
        expect(hex(opener.open(sealer.seal(message)))).toBe(hex(message));
      }
    }),
  );
});

test('a seal of another key does not open', () => {
  expect(() => createOpener(otherKey).open(createSealer(key).seal(bytes('x')))).toThrow(ProtocolError);
});

test('a seal opens once', () => {
  const opener = createOpener(key);
  const sealed = createSealer(key).seal(bytes('x'));
  opener.open(sealed);
  expect(() => opener.open(sealed)).toThrow(ProtocolError);
});

test('a later seal does not open first, and the first still opens after it', () => {
  const sealer = createSealer(key);
  const opener = createOpener(key);
  const first = sealer.seal(bytes('first'));
  expect(() => opener.open(sealer.seal(bytes('second')))).toThrow(ProtocolError);
  expect(hex(opener.open(first))).toBe(hex(bytes('first')));
});

test('a seal with any bit changed does not open', () => {
  const sealed = createSealer(key).seal(bytes('hosts'));
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const changed = Uint8Array.from(sealed);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expect(() => createOpener(key).open(changed)).toThrow(ProtocolError);
  }
});

test('a seal that is too short or too long does not open', () => {
  const sealed = createSealer(key).seal(bytes('hosts'));
  for (let length = 0; length < sealed.length; length += 1) {
    expect(() => createOpener(key).open(sealed.subarray(0, length))).toThrow(ProtocolError);
  }
  expect(() => createOpener(key).open(Buffer.concat([sealed, bytes('x')]))).toThrow(ProtocolError);
});

test('a seal is as long as a line of the rendezvous allows, and not longer', () => {
  const full = createSealer(key).seal(new Uint8Array(MAX_PLAINTEXT_BYTES));
  expect(full).toHaveLength(MAX_SEALED_BYTES);
  const line = `${JSON.stringify({ t: 'candidate', sealed: Buffer.from(full).toString('base64url') })}\n`;
  expect(line.length).toBeLessThan(8192);
  expect(createOpener(key).open(full)).toHaveLength(MAX_PLAINTEXT_BYTES);
  expect(() => createSealer(key).seal(new Uint8Array(MAX_PLAINTEXT_BYTES + 1))).toThrow(RangeError);
  expect(() => createOpener(key).open(new Uint8Array(MAX_SEALED_BYTES + 1))).toThrow('4501 bytes');
});

test('garbage raises only protocol errors', () => {
  const opens = fc.property(fc.uint8Array({ maxLength: 5000 }), (garbage) =>
    raisesOnlyProtocolErrors(() => createOpener(key).open(garbage)),
  );
  expect(() => fc.assert(opens)).not.toThrow();
});
