/**
 * The text of an export: one object of JSON, whose fields say how it is sealed.
 * This file is pure, and knows no password.
 */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { ProtocolError } from '../errors.ts';
import { parseJson } from '../text/parse-json.ts';
import { LaterVersion, readRecord, recordOf } from './friend-record.ts';
import type { Friend } from './friend.ts';

/** Bounds what is read. 10,000 friends have some 4 MiB. */
export const MAX_EXPORT_BYTES = 16 * 1024 * 1024;
export const MAX_EXPORTED_FRIENDS = 10_000;

/** Bounds what a file can make us spend on its password: 1 GiB of memory, and some seconds. */
const MAX_N = 2 ** 20;
const MAX_R = 16;
const MAX_P = 4;
const MAX_SCRYPT_BYTES = 2 ** 30;
/** scrypt mixes blocks of 128 bytes (RFC 7914, section 2). */
const SCRYPT_BLOCK_BYTES = 128;

export const SALT_BYTES = 16;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;
/** SHA-256. */
const SUM_BYTES = 32;

/** What the password becomes a key with (RFC 7914). */
export interface Scrypt {
  readonly n: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Uint8Array;
}

/** Everything in an export but the sum over it. */
export interface Export {
  readonly scrypt: Scrypt;
  readonly nonce: Uint8Array;
  /** With its tag behind it. */
  readonly sealed: Uint8Array;
}

function bytesOf(least: number, most: number) {
  return v.pipe(
    v.string(),
    v.maxLength(Math.ceil((most * 4) / 3)),
    v.transform((text) => ({ text, bytes: Buffer.from(text, 'base64url') })),
    v.check(({ bytes, text }) => bytes.toString('base64url') === text),
    v.transform(({ bytes }): Uint8Array => bytes),
    v.check(({ length }) => length >= least && length <= most),
  );
}

function count(most: number) {
  return v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(most));
}

const kdfSchema = v.pipe(
  v.object({
    name: v.literal('scrypt'),
    n: v.pipe(
      count(MAX_N),
      v.check((n) => n > 1 && Number.isInteger(Math.log2(n))),
    ),
    r: count(MAX_R),
    p: count(MAX_P),
    salt: bytesOf(SALT_BYTES, SALT_BYTES),
  }),
  v.check((cost) => scryptBytes(cost) <= MAX_SCRYPT_BYTES + SCRYPT_BLOCK_BYTES * MAX_R * (MAX_P + 1)),
);

const exportSchema = v.object({
  punchline: v.literal('friends'),
  v: v.literal(1),
  kdf: kdfSchema,
  nonce: bytesOf(NONCE_BYTES, NONCE_BYTES),
  sealed: bytesOf(TAG_BYTES, MAX_EXPORT_BYTES),
  sum: bytesOf(SUM_BYTES, SUM_BYTES),
});

const contentSchema = v.object({ friends: v.pipe(v.array(v.unknown()), v.maxLength(MAX_EXPORTED_FRIENDS)) });

/** The memory that scrypt needs, in bytes. */
export function scryptBytes({ n, p, r }: Pick<Scrypt, 'n' | 'r' | 'p'>): number {
  return SCRYPT_BLOCK_BYTES * r * (n + p + 1);
}

/** What is sealed along: all that says how to open it. */
export function headerOf({ nonce, scrypt }: Omit<Export, 'sealed'>): string {
  return JSON.stringify(header({ nonce, scrypt }));
}

function header({ nonce, scrypt: { n, p, r, salt } }: Omit<Export, 'sealed'>) {
  const kdf = { name: 'scrypt', n, r, p, salt: base64(salt) };
  return { punchline: 'friends', v: 1, kdf, nonce: base64(nonce) };
}

export function encodeExport(sealing: Export): string {
  const whole = { ...header(sealing), sealed: base64(sealing.sealed), sum: base64(sumOf(sealing)) };
  return `${JSON.stringify(whole, undefined, 2)}\n`;
}

/** Throws ProtocolError with what is wrong with the text. Nothing was tried with a password yet. */
export function decodeExport(text: string): Export {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new ProtocolError('it is no export of friends, or not all of it', { cause });
  }
  const versioned = v.safeParse(v.object({ punchline: v.literal('friends'), v: v.number() }), value);
  if (!versioned.success) {
    throw new ProtocolError('it is no export of friends');
  }
  if (versioned.output.v !== 1) {
    throw new ProtocolError('another version of punchline has written it');
  }
  const result = v.safeParse(exportSchema, value);
  if (!result.success) {
    const isCost = /^kdf(?:\.[nrp])?$/.test(v.getDotPath(result.issues[0]) ?? '');
    throw new ProtocolError(
      isCost ? 'its password would cost more time or memory than is allowed' : 'it is damaged',
    );
  }
  const { kdf, nonce, sealed, sum } = result.output;
  const sealing = { scrypt: kdf, nonce, sealed };
  if (!Buffer.from(sumOf(sealing)).equals(sum)) {
    throw new ProtocolError('it is damaged');
  }
  return sealing;
}

/**
 * Tells a damaged file from a wrong password. It protects from nobody: whoever changes the file can change it, too, and
 * learns nothing about the password from it.
 */
function sumOf(sealing: Export): Uint8Array {
  return createHash('sha256').update(headerOf(sealing)).update(sealing.sealed).digest();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** What is sealed. */
export function encodeContent(friends: readonly Friend[]): string {
  return JSON.stringify({ friends: friends.map(recordOf) });
}

/** Throws ProtocolError. */
export function decodeContent(text: string): readonly Friend[] {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new ProtocolError('what is sealed in it is not JSON', { cause });
  }
  const result = v.safeParse(contentSchema, value);
  if (!result.success) {
    throw new ProtocolError('what is sealed in it is no list of friends');
  }
  return result.output.friends.map((one, index) => {
    try {
      return readRecord(one).friend;
    } catch (cause) {
      if (cause instanceof ProtocolError || cause instanceof LaterVersion) {
        throw new ProtocolError(`friend ${index + 1} in it cannot be used: ${cause.message}`, { cause });
      }
      throw cause;
    }
  });
}
