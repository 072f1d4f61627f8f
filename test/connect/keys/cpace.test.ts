import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  calculateGenerator,
  createShare,
  generatorString,
  multiplyVerified,
} from '../../../source/connect/keys/cpace.ts';
import { ProtocolError } from '../../../source/errors.ts';
import vectors from './cpace-vectors.json' with { type: 'json' };

const { inputs, outputs, valid, invalid } = vectors;
function bytes(text: string) {
  return new Uint8Array(Buffer.from(text, 'hex'));
}
function hex(value: Uint8Array) {
  return Buffer.from(value).toString('hex');
}
function scalarOf(littleEndian: string) {
  return BigInt(`0x${Buffer.from(bytes(littleEndian).toReversed()).toString('hex')}`);
}

const password = Buffer.from(inputs.PRS, 'hex').toString();
const draft = { password, channelId: bytes(inputs.CI), sessionId: bytes(inputs.sid) };

/** The scalar of a vector as random bytes: padded to 64 bytes, it reduces to itself. */
function draftShare(scalar: string) {
  return createShare({ ...draft, random: Buffer.concat([bytes(scalar), new Uint8Array(32)]) });
}

function fresh(change: Partial<typeof draft> = {}) {
  return createShare({ ...draft, ...change, random: randomBytes(64) });
}

const associatedData = bytes('01');
function exchange(peerShare: Uint8Array, own = associatedData, peer = associatedData) {
  return {
    ownAssociatedData: own,
    peerShare,
    peerAssociatedData: peer,
  };
}

test('the generator string is that of the draft', () => {
  expect(hex(generatorString(draft.password, draft.channelId, draft.sessionId))).toBe(
    vectors.generatorString,
  );
});

test('the generator is that of the draft', () => {
  expect(hex(calculateGenerator(bytes(vectors.generatorString)).toBytes())).toBe(outputs.g);
});

test('a password longer than the block is hashed without padding', () => {
  const long = 'x'.repeat(200);
  expect(hex(generatorString(long, '', ''))).toBe(
    `11${Buffer.from('CPaceRistretto255').toString('hex')}c801${Buffer.from(long).toString('hex')}000000`,
  );
});

test('the shares are those of the draft', () => {
  expect(hex(draftShare(inputs.ya).share)).toBe(outputs.Ya);
  expect(hex(draftShare(inputs.yb).share)).toBe(outputs.Yb);
});

test('the secret point is that of the draft from either side', () => {
  expect(hex(multiplyVerified(scalarOf(inputs.ya), bytes(outputs.Yb)))).toBe(outputs.K);
  expect(hex(multiplyVerified(scalarOf(inputs.yb), bytes(outputs.Ya)))).toBe(outputs.K);
  expect(hex(multiplyVerified(scalarOf(valid.scalar), bytes(valid.element)))).toBe(valid.product);
});

test('the session key is that of the draft from either side', () => {
  const a = draftShare(inputs.ya);
  const b = draftShare(inputs.yb);
  expect(hex(a.finish(exchange(b.share, bytes(inputs.ADa), bytes(inputs.ADb))))).toBe(outputs.ISK_SY);
  expect(hex(b.finish(exchange(a.share, bytes(inputs.ADb), bytes(inputs.ADa))))).toBe(outputs.ISK_SY);
});

test.each([
  ['bytes that are no element', bytes(invalid.notAnElement)],
  ['the identity', bytes(invalid.identity)],
  ['a negative encoding', bytes(`01${'00'.repeat(31)}`)],
  ['a field element that is not reduced', bytes('ff'.repeat(32))],
  ['no bytes', new Uint8Array(0)],
  ['31 bytes', bytes(outputs.Ya).subarray(1)],
  ['33 bytes', Buffer.concat([bytes(outputs.Ya), bytes('00')])],
])('a share of %s is a protocol error', (_, peerShare) => {
  expect(() => fresh().finish(exchange(peerShare))).toThrow(ProtocolError);
});

test('our own share is a protocol error', () => {
  const own = fresh();
  expect(() => own.finish(exchange(Uint8Array.from(own.share)))).toThrow(ProtocolError);
});

test('both sides get the same 64 bytes, and other bytes in another exchange', () => {
  const keys = [1, 2].map(() => {
    const a = fresh();
    const b = fresh();
    const key = a.finish(exchange(b.share));
    expect(key).toHaveLength(64);
    expect(hex(b.finish(exchange(a.share)))).toBe(hex(key));
    return hex(key);
  });
  expect(new Set(keys).size).toBe(2);
});

test.each([
  ['password', { password: 'Passwore' }],
  ['channel', { channelId: bytes('00') }],
  ['session', { sessionId: bytes('00') }],
])('another %s leads to another key', (_, change) => {
  const a = fresh();
  const b = fresh(change);
  expect(hex(a.finish(exchange(b.share)))).not.toBe(hex(b.finish(exchange(a.share))));
});

test('changed associated data leads to another key', () => {
  const a = fresh();
  const b = fresh();
  expect(hex(a.finish(exchange(b.share)))).not.toBe(hex(b.finish(exchange(a.share, bytes('02')))));
});

test('a share serves one exchange', () => {
  const own = fresh();
  own.finish(exchange(fresh().share));
  expect(() => own.finish(exchange(fresh().share))).toThrow('one exchange');
});

test('a share takes 64 random bytes and no fewer', () => {
  expect(() => createShare({ ...draft, random: randomBytes(32) })).toThrow(RangeError);
});

test('randomness that reduces to zero is refused', () => {
  expect(() => createShare({ ...draft, random: new Uint8Array(64) })).toThrow(RangeError);
});
