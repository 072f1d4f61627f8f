import { describe, expect, test } from 'vitest';
import { createShare } from '../../../source/connect/keys/cpace.ts';
import {
  associatedData,
  capabilities,
  channelId,
  deriveKeys,
  deriveResumeKeys,
  NONCE_BYTES,
  resumeRoom,
  sessionId,
  SHARE_BYTES,
  version,
} from '../../../source/connect/keys/keys.ts';

function hex(bytes: Uint8Array) {
  return Buffer.from(bytes).toString('hex');
}
function filled(length: number, value: number) {
  return new Uint8Array(length).fill(value);
}

const inputs = { isk: filled(64, 1), shareA: filled(32, 2), shareB: filled(32, 3) };
const names = ['signalA', 'signalB', 'psk', 'root'] as const;

// Computed by another implementation (Python's hmac). Peers of different builds must derive the same keys, so a change here is a new version.
test('the keys of version 1 are these', () => {
  const keys = deriveKeys(inputs);
  expect(Object.fromEntries(names.map((name) => [name, hex(keys[name])]))).toEqual({
    signalA: '1c0d1a19cc93eea99f9fb65d7ca3bc77a8938910c04498caa9ce03a0341d44f9',
    signalB: '3e03c617771132cc945b0aab95a117658e09bc569edfc5961a70df044320edad',
    psk: 'e8a8362811e6531379dd4b81503647350aed318e4364252a073eef5ff78fdcc6',
    root: '0247d27be8b1aed6e0c0c20efc80d65459365d2b2f1b52e66915eecdaa945670',
  });
});

test('the associated data of version 1 is this', () => {
  expect({ version, channelId, capabilities }).toEqual({
    version: '1',
    channelId: 'punchline/1',
    capabilities: 'seal=chacha20-poly1305;channel=tls1.3-psk',
  });
  expect(hex(associatedData({ nonce: filled(NONCE_BYTES, 0xaa) }))).toBe(
    `013110${'aa'.repeat(16)}29${Buffer.from(capabilities).toString('hex')}`,
  );
});

test('no two keys are equal', () => {
  expect(new Set(Object.values(deriveKeys(inputs)).map(hex)).size).toBe(names.length);
});

test.each([
  ['the session key', { isk: filled(64, 9) }],
  ['the share of a', { shareA: filled(32, 9) }],
  ['the share of b', { shareB: filled(32, 9) }],
  ['the order of the shares', { shareA: inputs.shareB, shareB: inputs.shareA }],
])('every key depends on %s', (_, change) => {
  const before = deriveKeys(inputs);
  const after = deriveKeys({ ...inputs, ...change });
  for (const name of names) {
    expect(hex(after[name])).not.toBe(hex(before[name]));
  }
});

function side(password: string, fill: number) {
  return {
    nonce: filled(NONCE_BYTES, fill),
    share: createShare({ password, channelId, sessionId: '7', random: filled(64, fill) }),
  };
}

/** The keys of both sides of an exchange, `a` first. */
function exchange(passwordB: string) {
  const a = side('velvet-orbit', 1);
  const b = side(passwordB, 2);
  expect(a.share.share).toHaveLength(SHARE_BYTES);
  const shares = { shareA: a.share.share, shareB: b.share.share };
  return [
    [a, b],
    [b, a],
  ].map(([own, peer]) => {
    const isk = own!.share.finish({
      ownAssociatedData: associatedData(own!),
      peerShare: peer!.share.share,
      peerAssociatedData: associatedData(peer!),
    });
    return deriveKeys({ isk, ...shares });
  });
}

test('two sides with the same words have all keys in common', () => {
  const [a, b] = exchange('velvet-orbit');
  expect(b).toEqual(a);
});

test('two sides with different words have no key in common', () => {
  const [a, b] = exchange('velvet-order');
  for (const name of names) {
    expect(hex(b![name])).not.toBe(hex(a![name]));
  }
});

describe('a session that resumes', () => {
  const root = filled(32, 7);
  const nonces = { nonceA: filled(16, 1), nonceB: filled(16, 2) };

  test('has a room that follows only from its root', () => {
    expect(resumeRoom(root)).toHaveLength(16);
    expect(hex(resumeRoom(root))).not.toBe(hex(resumeRoom(filled(32, 8))));
    expect(hex(resumeRoom(root))).not.toContain(hex(root).slice(0, 8));
  });

  test('has a room and a name in exactly these bytes', () => {
    // Computed with the hmac module of Python.
    expect(hex(resumeRoom(root))).toBe('d0942e4852cd0e17622e8559fb9de976');
    expect(hex(sessionId(root))).toBe('9e95c9fcf451030218b45c6df28d44ac');
  });

  test('has new keys for each channel, and keeps its root', () => {
    const first = deriveResumeKeys({ root, ...nonces });
    const later = deriveResumeKeys({ root, ...nonces, nonceB: filled(16, 3) });
    for (const name of ['signalA', 'signalB', 'psk'] as const) {
      expect(hex(later[name])).not.toBe(hex(first[name]));
    }
    expect([first.root, later.root]).toEqual([root, root]);
    expect(new Set([first.signalA, first.signalB, first.psk].map(hex)).size).toBe(3);
  });
});
