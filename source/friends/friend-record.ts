/**
 * The text of friend.json. Fields that this version does not know are kept for
 * a later one. This file is pure.
 */
import * as v from 'valibot';
import { ProtocolError, PunchlineError } from '../errors.ts';
import { friendId, SECRET_BYTES } from '../connect/keys/friend-keys.ts';
import { formatPlace, parsePlaces, type PlaceAddresses, placesOf } from '../protocol/place-address.ts';
import { parseJson } from '../text/parse-json.ts';
import { isFriendName } from './friend-form.ts';
import type { Friend } from './friend.ts';

/** Bounds what is read of a file, and what is kept for later versions. A record of ours has some 300 bytes. */
export const MAX_RECORD_BYTES = 64 * 1024;

/** The version of the record. It is raised when an earlier program could not use it any more. */
const VERSION = 1;

/** No text of eight places is longer. */
const MAX_PLACES_LENGTH = 4096;

/** The last moment that a Date can hold, in ms. */
const MAX_TIME = 8.64e15;

/** A friend, and what a later version has written beside it. */
export interface FriendRecord {
  readonly friend: Friend;
  readonly unknown: Readonly<Record<string, unknown>>;
}

/** The record is not damaged: a later version of the program has written it. */
export class LaterVersion extends Error {
  constructor() {
    super('a later version of punchline has written it');
  }
}

/** In ms since 1970-01-01. */
const time = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_TIME));

const recordSchema = v.looseObject({
  v: v.literal(VERSION),
  name: v.pipe(v.string(), v.check(isFriendName, 'it is no name')),
  /** In base64url. */
  secret: v.pipe(v.string(), v.maxLength(2 * SECRET_BYTES), v.check(isSecret, 'it is no secret')),
  role: v.picklist(['a', 'b']),
  /** As an invite writes them. */
  places: v.optional(v.pipe(v.string(), v.maxLength(MAX_PLACES_LENGTH))),
  keptAt: time,
  metAt: time,
});

/** What stands in the file of a friend. */
export function encodeFriend({ friend, unknown }: FriendRecord): string {
  return `${JSON.stringify({ ...unknown, ...recordOf(friend) }, undefined, 2)}\n`;
}

/** The fields of a friend as they are written. */
export function recordOf({ keptAt, metAt, name, places, role, secret }: Friend): Record<string, unknown> {
  return {
    v: VERSION,
    name,
    secret: Buffer.from(secret).toString('base64url'),
    role,
    places: places === undefined ? undefined : placesText(places) || undefined,
    keptAt,
    metAt,
  };
}

/** The places as an invite writes them. */
export function placesText(places: PlaceAddresses): string {
  return placesOf(places).map(formatPlace).join(',');
}

/**
 * Reads the file of a friend. Throws LaterVersion, and ProtocolError for everything else that is wrong: somebody else may
 * have written it.
 */
export function decodeFriend(text: string): FriendRecord {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw cause instanceof ProtocolError ? cause : new ProtocolError('it is not JSON', { cause });
  }
  return readRecord(value);
}

/** Reads a friend from a value of JSON. Throws as decodeFriend() does. */
export function readRecord(value: unknown): FriendRecord {
  const versioned = v.safeParse(v.object({ v: v.pipe(v.number(), v.safeInteger()) }), value);
  if (versioned.success && versioned.output.v > VERSION) {
    throw new LaterVersion();
  }
  const result = v.safeParse(recordSchema, value);
  if (!result.success) {
    const [issue] = result.issues;
    // The value may be a secret, and valibot would repeat it.
    const field = v.getDotPath(issue) ?? '';
    throw new ProtocolError(
      Object.hasOwn(recordSchema.entries, field)
        ? `its ${field} cannot be used`
        : 'it is not the record of a friend',
    );
  }
  const { v: _version, name, secret, role, places, keptAt, metAt, ...unknown } = result.output;
  const bytes = new Uint8Array(Buffer.from(secret, 'base64url'));
  return {
    friend: { id: friendId(bytes), name, secret: bytes, role, places: readPlaces(places), keptAt, metAt },
    unknown,
  };
}

function readPlaces(text: string | undefined): PlaceAddresses | undefined {
  try {
    return text === undefined ? undefined : parsePlaces(text);
  } catch (cause) {
    if (cause instanceof PunchlineError) {
      throw new ProtocolError('its places cannot be used', { cause });
    }
    throw cause;
  }
}

function isSecret(text: string): boolean {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === SECRET_BYTES && bytes.toString('base64url') === text;
}
