/**
 * Derives the keys that are used from the session key of an exchange. It also
 * holds the sizes and names that both sides must agree on before that. They are
 * here so that a file that needs only them does not load the curve (cpace.ts).
 */

import { hkdfSync } from 'node:crypto';

/** The version of everything that both sides must do in the same way. A change of any label or format raises it. */
export const version = '1';

/** CI of the CPace exchange. */
export const channelId = `punchline/${version}`;

/** What version 1 needs on both sides. They agree on it in the exchange, so that nobody can make them use less. */
export const capabilities = 'seal=chacha20-poly1305;channel=tls1.3-psk';

/** A share of the exchange: an encoded element of ristretto255 (RFC 9496). */
export const SHARE_BYTES = 32;

/** 128 random bits are different in each exchange. */
export const NONCE_BYTES = 16;

/** Every key has 256 bits, as ChaCha20 and a PSK for SHA-256 need them. */
const KEY_BYTES = 32;

export interface Keys {
  /** Seals what `a` sends through the rendezvous. */
  readonly signalA: Uint8Array;
  /** Seals what `b` sends through the rendezvous. */
  readonly signalB: Uint8Array;
  /** The external PSK of the channel. */
  readonly psk: Uint8Array;
  /** For later channels. Their room comes from it, and their PSK from it and two nonces, under labels of their own. */
  readonly root: Uint8Array;
}

interface KeyInputs {
  /** The intermediate session key of the exchange. */
  readonly isk: Uint8Array;
  /** The share of role `a`. */
  readonly shareA: Uint8Array;
  /** The share of role `b`. */
  readonly shareB: Uint8Array;
}

/**
 * All keys of a session, 32 bytes each, by HKDF-SHA-512 (RFC 5869). The session
 * key does not say which side is `a`, but the order of the shares does. So two
 * sides that disagree about their roles have no key in common.
 */
export function deriveKeys({ isk, shareA, shareB }: KeyInputs): Keys {
  function derive(purpose: string) {
    const info = lengthValue(`${channelId} ${purpose}`, shareA, shareB);
    return new Uint8Array(hkdfSync('sha512', isk, new Uint8Array(0), info, KEY_BYTES));
  }
  return {
    signalA: derive('signal a'),
    signalB: derive('signal b'),
    psk: derive('psk'),
    root: derive('root'),
  };
}

/** The room in which the two sides of a session meet again: 16 bytes that nobody else knows. */
export function resumeRoom(root: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha512', root, new Uint8Array(0), `${channelId} room`, 16));
}

/** Names a session to somebody who may be the other side of it: 16 bytes from which nothing else follows. */
export function sessionId(root: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha512', root, new Uint8Array(0), `${channelId} session`, 16));
}

interface ResumeInputs {
  readonly root: Uint8Array;
  /** Fresh nonces of both roles, so that each channel of a session has keys of its own. */
  readonly nonceA: Uint8Array;
  readonly nonceB: Uint8Array;
}

/** The keys of a later channel. The root stays the same. */
export function deriveResumeKeys({ root, nonceA, nonceB }: ResumeInputs): Keys {
  function derive(purpose: string) {
    const info = lengthValue(`${channelId} resume ${purpose}`, nonceA, nonceB);
    return new Uint8Array(hkdfSync('sha512', root, new Uint8Array(0), info, KEY_BYTES));
  }
  return { signalA: derive('signal a'), signalB: derive('signal b'), psk: derive('psk'), root };
}

/**
 * What one side binds into the exchange beside its share: the version, its
 * nonce, and what it needs. Each side computes that of the other from the nonce
 * that was sent, so that a side of another version gets another key.
 */
export function associatedData({ nonce }: { readonly nonce: Uint8Array }): Uint8Array {
  return lengthValue(version, nonce, capabilities);
}

/**
 * How fields are joined before they are hashed: each with its length in front,
 * so that no two different lists of fields give the same bytes. It is `lv_cat`
 * of draft-irtf-cfrg-cpace, and all our keys use it, too.
 */

const encoder = new TextEncoder();

/** Concatenates the fields, each after its length in LEB128. A string is taken as UTF-8. */
export function lengthValue(...fields: readonly (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = typeof field === 'string' ? encoder.encode(field) : field;
      return [leb128(bytes.length), bytes];
    }),
  );
}

function leb128(length: number): Uint8Array {
  const digits: number[] = [];
  let rest = length;
  while (rest >= 0x80) {
    digits.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Uint8Array.from([...digits, rest]);
}
