/** Seals friends with a password, to be carried to another machine, and opens them again. */
import { createCipheriv, createDecipheriv, randomBytes, scrypt as scryptWith } from 'node:crypto';
import { PunchlineError, ProtocolError, usageError } from '../errors.ts';
import {
  decodeContent,
  decodeExport,
  encodeContent,
  encodeExport,
  type Export,
  headerOf,
  MAX_EXPORT_BYTES,
  MAX_EXPORTED_FRIENDS,
  NONCE_BYTES,
  SALT_BYTES,
  type Scrypt,
  scryptBytes,
  TAG_BYTES,
} from './export-text.ts';
import type { Friend } from './friend.ts';

const algorithm = 'chacha20-poly1305';
const KEY_BYTES = 32;

/** 128 MiB and half a second: what OWASP's cheat sheet on stored passwords names first for scrypt. */
const COST_N = 2 ** 17;
const COST_R = 8;
const COST_P = 1;

/** What is drawn anew for each export. */
export interface ExportChance {
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
}

/**
 * Resolves with the text of an export. Whoever has the password can play this side. Rejects with ERR_USAGE for an empty
 * password and for too many friends.
 */
export async function sealFriends(
  friends: readonly Friend[],
  password: string,
  chance: ExportChance = { salt: randomBytes(SALT_BYTES), nonce: randomBytes(NONCE_BYTES) },
): Promise<string> {
  if (friends.length > MAX_EXPORTED_FRIENDS) {
    throw usageError(
      `an export has at most ${MAX_EXPORTED_FRIENDS} friends, and these are ${friends.length}`,
    );
  }
  const scrypt = { n: COST_N, r: COST_R, p: COST_P, salt: chance.salt };
  const { nonce } = chance;
  const key = await keyOf(password, scrypt);
  const plaintext = Buffer.from(encodeContent(friends));
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(headerOf({ scrypt, nonce })), { plaintextLength: plaintext.length });
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return encodeExport({ scrypt, nonce, sealed });
}

/**
 * Resolves with the friends in an export. Rejects with ERR_FILE if it is none or damaged, and with ERR_USAGE if it was sealed
 * with another password.
 */
export async function openFriends(text: string, password: string): Promise<readonly Friend[]> {
  if (Buffer.byteLength(text) > MAX_EXPORT_BYTES) {
    throw unusable(`it has more than ${MAX_EXPORT_BYTES} bytes`);
  }
  const sealing = readable(() => decodeExport(text));
  const key = await keyOf(password, sealing.scrypt);
  const plaintext = opened(sealing, key);
  return readable(() => decodeContent(plaintext));
}

function opened({ nonce, scrypt, sealed }: Export, key: Uint8Array): string {
  const ciphertext = sealed.subarray(0, -TAG_BYTES);
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  decipher.setAAD(Buffer.from(headerOf({ scrypt, nonce })), { plaintextLength: ciphertext.length });
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString();
  } catch (cause) {
    // The sum over the file was right, so that an accident has not damaged it.
    throw new PunchlineError('ERR_USAGE', 'the export was sealed with another password', {
      hint: 'Try again. Without its password, nobody can open it.',
      cause,
    });
  }
}

async function keyOf(password: string, { n, p, r, salt }: Scrypt): Promise<Uint8Array> {
  if (password === '') {
    throw usageError('the password is empty', 'Choose one that is hard to guess: it protects your friends.');
  }
  // The same letters may be composed on one keyboard and not on another.
  const typed = password.normalize('NFC');
  const memory = { N: n, r, p, maxmem: 2 * scryptBytes({ n, r, p }) };
  return new Promise((resolve, reject) => {
    scryptWith(typed, salt, KEY_BYTES, memory, (error, key) => {
      if (error === null) {
        resolve(key);
      } else {
        reject(unusable('its password costs more memory than there is'));
      }
    });
  });
}

function readable<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw cause instanceof ProtocolError ? unusable(cause.message, cause) : cause;
  }
}

function unusable(why: string, cause?: unknown): PunchlineError {
  return new PunchlineError('ERR_FILE', `the export cannot be opened: ${why}`, {
    hint: 'Export the friends again on the other machine, with punchline friends export FILE.',
    cause,
  });
}
