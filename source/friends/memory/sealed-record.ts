/**
 * Seals one record that a friend's folder keeps. It is ChaCha20-Poly1305 (RFC
 * 8439): nonce, ciphertext, tag. The caller draws the nonce at random for each
 * record, never from a counter: a backup that is put back would repeat it. The
 * key lies on the same disk, so that a seal shows damage and keeps records from
 * being mixed up, but hides nothing from somebody who reads the whole folder.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { StorePurpose } from '../../connect/keys/friend-keys.ts';
import { lengthValue } from '../../connect/keys/keys.ts';

const algorithm = 'chacha20-poly1305';
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** By how much a sealed record is longer than what it holds. */
export const SEAL_BYTES = NONCE_BYTES + TAG_BYTES;

/** Tells what a record is. It opens as nothing else. */
export interface RecordName {
  readonly kind: StorePurpose;
  /** Differs among all records of this kind. */
  readonly id: string;
}

/** Seals the bytes under a key of 32 bytes and a nonce of NONCE_BYTES that no other record has. */
export function sealRecord(
  key: Uint8Array,
  name: RecordName,
  nonce: Uint8Array,
  bytes: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(name), { plaintextLength: bytes.length });
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** The bytes in a record; undefined if it is damaged, or was sealed with another key or as another record. */
export function openRecord(key: Uint8Array, name: RecordName, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SEAL_BYTES) {
    return undefined;
  }
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const ciphertext = sealed.subarray(NONCE_BYTES, -TAG_BYTES);
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  decipher.setAAD(associatedData(name), { plaintextLength: ciphertext.length });
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    return undefined;
  }
}

function associatedData({ kind, id }: RecordName): Uint8Array {
  return lengthValue('punchline record 1', kind, id);
}
