import { wordlist } from '@scure/bip39/wordlists/english.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressClass, isAddress, pathOf } from '../../source/network/address.ts';
import { completeWord, parseCode } from '../../source/protocol/code.ts';
import { createShare } from '../../source/connect/keys/cpace.ts';
import { parseServer } from '../../source/network/endpoint.ts';
import { parsePlaces } from '../../source/protocol/place-address.ts';
import { parseInvite } from '../../source/protocol/invite.ts';
import { PunchlineError } from '../../source/errors.ts';
import { raisesOnlyProtocolErrors } from '../helpers/decoders/raises-only-protocol-errors.ts';
import { samples } from '../helpers/samples.ts';
import { codePoint } from '../helpers/strangers/code-point.ts';

/** Replaces a piece of a text by another: parsers break on texts that are nearly right. */
function damaged(text: string) {
  return fc
    .tuple(fc.nat(text.length), fc.nat(4), fc.string({ unit: codePoint, maxLength: 4 }))
    .map(([at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length));
}

const word = fc.constantFrom(...wordlist);
const code = fc.tuple(fc.integer({ min: 1, max: 999_999_999 }), word, word).map((parts) => parts.join('-'));
const server = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV6().map((address) => `[${address}]:8877`),
);
const invite = fc.tuple(code, server).map((parts) => parts.join('@'));
const typed = fc.oneof(
  invite.chain(damaged),
  code.chain(damaged),
  server.chain(damaged),
  fc.string({ unit: codePoint, maxLength: 200 }),
  fc.string({ unit: fc.constantFrom(...Array.from('7-@:[]%.0 \x1b\n\u202Ea')), maxLength: 30 }),
);

describe('for any text that a person types', () => {
  test('isAddress and completeWord answer, and throw nothing', () => {
    fc.assert(
      fc.property(typed, (text) => {
        expect(isAddress(text) || addressClass(text) === 'other').toBe(true);
        expect(['lan', 'direct']).toContain(pathOf(text));
        expect(completeWord(text) ?? wordlist[0]).toMatch(/^[a-z]+$/);
      }),
      { numRuns: samples(1000) },
    );
  });

  test('a hundred thousand characters are refused', () => {
    for (const text of ['a', '7-', '-', ':', '[', '%', '1', 'é', '@'].map((unit) => unit.repeat(100_000))) {
      for (const parse of [parseInvite, parseCode, parseServer, parsePlaces]) {
        expect(() => parse(text)).toThrow(PunchlineError);
      }
    }
  });
});

describe('for any bytes that a peer sends', () => {
  test('a share is a group element or a protocol error', () => {
    const element = createShare({
      password: 'x',
      channelId: '',
      sessionId: '',
      random: new Uint8Array(64).fill(1),
    });
    const shares = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.tuple(fc.nat(31), fc.nat(255)).map(([at, value]) => element.share.with(at, value)),
    );
    const random = new Uint8Array(64).fill(2);
    const none = new Uint8Array(0);
    const finishes = fc.property(shares, (peerShare) =>
      raisesOnlyProtocolErrors(() => {
        const own = createShare({ password: 'x', channelId: '', sessionId: '', random });
        own.finish({ ownAssociatedData: none, peerShare, peerAssociatedData: none });
      }),
    );
    expect(() => fc.assert(finishes)).not.toThrow();
  });
});
