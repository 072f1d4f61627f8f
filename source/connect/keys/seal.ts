/**
 * Seals what two peers tell each other through the rendezvous. It is
 * ChaCha20-Poly1305 (RFC 8439) with one key for each direction and a counter as
 * nonce, so that the server cannot read, change, repeat, reorder or reflect it.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto';
import { ProtocolError } from '../../errors.ts';
import { channelId } from './keys.ts';

const algorithm = 'chacha20-poly1305';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const associatedData = Buffer.from(`${channelId} seal`);

/** The longest seal that the rendezvous passes on: 6,000 characters of base64url, well inside its line of 8 KiB. */
export const MAX_SEALED_BYTES = 4500;
export const MAX_PLAINTEXT_BYTES = MAX_SEALED_BYTES - TAG_BYTES;

export interface Sealer {
  /**
   * The ciphertext with its tag, 16 bytes longer than the plaintext.
   * @throws RangeError for more than MAX_PLAINTEXT_BYTES.
   */
  seal(plaintext: Uint8Array): Uint8Array;
}

export interface Opener {
  /**
   * The plaintext of the next seal of the other side.
   * @throws ProtocolError for a seal of another key, and for one that was changed, repeated or moved.
   */
  open(sealed: Uint8Array): Uint8Array;
}

/** Seals one direction. A key must never get a second sealer, because the nonces would be used twice. */
export function createSealer(key: Uint8Array): Sealer {
  let sealedCount = 0;
  return {
    seal(plaintext) {
      if (plaintext.length > MAX_PLAINTEXT_BYTES) {
        throw new RangeError(`A seal holds ${MAX_PLAINTEXT_BYTES} bytes, not ${plaintext.length}.`);
      }
      const cipher = createCipheriv(algorithm, key, nonceOf(sealedCount), { authTagLength: TAG_BYTES });
      sealedCount += 1;
      cipher.setAAD(associatedData, { plaintextLength: plaintext.length });
      return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    },
  };
}

/** Opens the other direction, with the key of the other side. */
export function createOpener(key: Uint8Array): Opener {
  let openedCount = 0;
  return {
    open(sealed) {
      if (sealed.length < TAG_BYTES || sealed.length > MAX_SEALED_BYTES) {
        throw new ProtocolError(`a seal of ${sealed.length} bytes, not ${TAG_BYTES} to ${MAX_SEALED_BYTES}`);
      }
      const ciphertext = sealed.subarray(0, -TAG_BYTES);
      const decipher = createDecipheriv(algorithm, key, nonceOf(openedCount), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      decipher.setAAD(associatedData, { plaintextLength: ciphertext.length });
      try {
        const plaintext = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
        openedCount += 1;
        return plaintext;
      } catch (cause) {
        throw new ProtocolError('a seal does not open', { cause });
      }
    },
  };
}

/** The counter, big endian in 96 bits. Beyond 2^48 this throws, long before a nonce could repeat. */
function nonceOf(counter: number): Uint8Array {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUIntBE(counter, NONCE_BYTES - 6, 6);
  return nonce;
}
