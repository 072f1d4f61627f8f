/**
 * What two friends derive from the secret that both keep (design 3.8). Everything
 * is HKDF-SHA-512 (RFC 5869) without a salt, under labels of its own.
 */

import { hkdfSync } from 'node:crypto';
import type { Role } from '../../events.ts';
import { channelId, type Keys, lengthValue } from './keys.ts';

/** A secret and every key has 256 bits. */
export const SECRET_BYTES = 32;
/** A room has 128 bits, so that nobody finds it by trying. */
const ROOM_BYTES = 16;
/** Names a friend on this machine alone. */
const ID_BYTES = 16;

/** Fresh random bytes of both sides, 16 each, in the order of their roles. */
interface Nonces {
  readonly nonceA: Uint8Array;
  readonly nonceB: Uint8Array;
}

/** The secret of two sides that want to keep each other. `root` is that of the session in which they agree. */
export function friendSecret(root: Uint8Array, { nonceA, nonceB }: Nonces): Uint8Array {
  return derive(root, SECRET_BYTES, 'friend', nonceA, nonceB);
}

/** Shows to the other side that the side with this role has the secret. Nothing else follows from it. */
export function friendProof(secret: Uint8Array, role: Role): Uint8Array {
  return derive(secret, SECRET_BYTES, `friend proof ${role}`);
}

/** Names the friend in files. It tells nothing of the secret. */
export function friendId(secret: Uint8Array): string {
  return Buffer.from(derive(secret, ID_BYTES, 'friend id')).toString('hex');
}

/** The room in which two friends meet on one day, which is counted from 1970-01-01 in UTC. Places cannot link two days. */
export function friendRoom(secret: Uint8Array, day: number): Uint8Array {
  return derive(secret, ROOM_BYTES, 'friend room', String(day));
}

/** The keys of the first channel of a new session of two friends. Its `root` is new, too. */
export function deriveFriendKeys(secret: Uint8Array, { nonceA, nonceB }: Nonces): Keys {
  function key(purpose: string) {
    return derive(secret, SECRET_BYTES, `friend ${purpose}`, nonceA, nonceB);
  }
  return { signalA: key('signal a'), signalB: key('signal b'), psk: key('psk'), root: key('root') };
}

/** What a key for files is for: the messages that wait, or the conversation that is kept. */
export type StorePurpose = 'waiting' | 'history';

/** Seals what is kept on the disk of this machine. */
export function storeKey(secret: Uint8Array, purpose: StorePurpose): Uint8Array {
  return derive(secret, SECRET_BYTES, `friend store ${purpose}`);
}

function derive(
  from: Uint8Array,
  bytes: number,
  purpose: string,
  ...values: readonly (string | Uint8Array)[]
): Uint8Array {
  const info = lengthValue(`${channelId} ${purpose}`, ...values);
  return new Uint8Array(hkdfSync('sha512', from, new Uint8Array(0), info, bytes));
}
