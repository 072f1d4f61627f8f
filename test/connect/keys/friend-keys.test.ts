import { expect, test } from 'vitest';
import {
  deriveFriendKeys,
  friendId,
  friendProof,
  friendRoom,
  friendSecret,
  storeKey,
} from '../../../source/connect/keys/friend-keys.ts';

function hex(bytes: Uint8Array) {
  return Buffer.from(bytes).toString('hex');
}
function filled(length: number, value: number) {
  return new Uint8Array(length).fill(value);
}

const nonces = { nonceA: filled(16, 5), nonceB: filled(16, 6) };
const secret = friendSecret(filled(32, 4), nonces);

// Computed by another implementation (Python's hmac). Friends are kept for years, so a change here loses them all.
test('what friends derive is this', () => {
  const keys = deriveFriendKeys(secret, nonces);
  expect({
    secret: hex(secret),
    proofs: [hex(friendProof(secret, 'a')), hex(friendProof(secret, 'b'))],
    id: friendId(secret),
    room: hex(friendRoom(secret, 20_788)),
    keys: [keys.signalA, keys.signalB, keys.psk, keys.root].map(hex),
    stores: [hex(storeKey(secret, 'waiting')), hex(storeKey(secret, 'history'))],
  }).toEqual({
    secret: 'b86deb4bafce5e09cc87934724eb0a0cbcb6b37934469a76c36f564f30fdb2a3',
    proofs: [
      'f5002d3ba2418152fd62fbd56672a192bee940d9220e704b3d5453502a4589eb',
      'd26d777ee63afab8fc131eb394884eccc6bafa1f33b69f83f73b44d7b4da45d0',
    ],
    id: 'ce515e28576b61c99419755c8e4e3688',
    room: '66eaa09ad1213894454e0321723c0708',
    keys: [
      '5aee786406cb5eac002f01601033af84e9d6670100649ffd0ae4d54d6dd20626',
      '186269ca0e7b198f1a6129fec391eb7906eb731da82b09948b5784cf87d48ff5',
      '21962898f0ed52aadf2e17a7f922e648a7f51530866905020d034e5cf5518ec5',
      'f44ee1c25aa2d5edd3fbd52cc75ff79e7fbbed60e8d1b2cbf52f7a93eed8c30a',
    ],
    stores: [
      '03b328aae4873be13d2c8dee80e8f904cbef2e12307214a30f826da790ec6421',
      '91467b948ffb31393ac736e23598232b9ace59336aabe6521b9b28676e6e726d',
    ],
  });
});

/** The first half of each value that follows from a secret. */
function valuesOf(from: Uint8Array): readonly string[] {
  const { signalA, signalB, psk, root } = deriveFriendKeys(from, nonces);
  const proofs = [friendProof(from, 'a'), friendProof(from, 'b')];
  const stores = [storeKey(from, 'waiting'), storeKey(from, 'history')];
  const rooms = [friendRoom(from, 1), friendRoom(from, 2), Buffer.from(friendId(from), 'hex')];
  return [...proofs, ...rooms, ...stores, signalA, signalB, psk, root].map((one) => hex(one.subarray(0, 16)));
}

test('each of them depends on the secret, and no two are equal', () => {
  const values = [...valuesOf(secret), ...valuesOf(filled(32, 9))];
  expect(new Set(values).size).toBe(values.length);
});

test.each([
  ['the nonce of a', { nonceA: filled(16, 9) }],
  ['the nonce of b', { nonceB: filled(16, 9) }],
  ['the order of the nonces', { nonceA: nonces.nonceB, nonceB: nonces.nonceA }],
])('the secret and every key depend on %s', (_, change) => {
  const changed = { ...nonces, ...change };
  expect(friendSecret(filled(32, 4), changed)).not.toEqual(secret);
  const [before, after] = [deriveFriendKeys(secret, nonces), deriveFriendKeys(secret, changed)];
  for (const name of ['signalA', 'signalB', 'psk', 'root'] as const) {
    expect(after[name]).not.toEqual(before[name]);
  }
});
