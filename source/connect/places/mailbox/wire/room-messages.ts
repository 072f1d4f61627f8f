/**
 * What two peers say to each other in a mailbox: the phase and the body of an `add`. mailbox.md has an example of each.
 * The server, and whoever else has the mailbox open, may write anything there, in any order and any number of times. So
 * each phase names the try, the role, and a number that counts the messages of one side.
 */
import * as v from 'valibot';
import { ProtocolError } from '../../../../errors.ts';
import type { Role } from '../../../../events.ts';
import { canonicalAddress, isAddress } from '../../../../network/address.ts';
import { parseJson } from '../../../../text/parse-json.ts';
import { NONCE_BYTES, SHARE_BYTES } from '../../../keys/keys.ts';

/** As what a side enters: as one of the roles, or with a code of its own, where the shares decide on the roles. */
export type Seat = Role | 'own';

export type RoomPhase =
  /** The first message of a side. It does not know the other nonce yet. `count` grows over all visits of the side. */
  | { readonly nonce: Uint8Array; readonly seat: Seat; readonly count: number }
  /** Both nonces name the try. `count` counts from 0 in each try. */
  | { readonly nonceA: Uint8Array; readonly nonceB: Uint8Array; readonly role: Role; readonly count: number };

/** Numbers that count messages. Nobody sends that many. */
const MAX_COUNT = 999_999;
const NONCE_DIGITS = NONCE_BYTES * 2;

const phaseForm = new RegExp(
  `^([0-9a-f]{${NONCE_DIGITS}})(?:-([0-9a-f]{${NONCE_DIGITS}}))?\\.(a|b|own)\\.(0|[1-9][0-9]{0,5})$`,
);

export function formatPhase(phase: RoomPhase): string {
  return 'nonce' in phase
    ? `${hexOf(phase.nonce)}.${phase.seat}.${phase.count}`
    : `${hexOf(phase.nonceA)}-${hexOf(phase.nonceB)}.${phase.role}.${phase.count}`;
}

/** Undefined if it is none of ours. */
export function parsePhase(text: string): RoomPhase | undefined {
  const [, first, second, seat, digits] = phaseForm.exec(text) ?? [];
  const count = Number(digits);
  if (first === undefined || !(count <= MAX_COUNT)) {
    return undefined;
  }
  if (second === undefined) {
    return { nonce: bytesOf(first), seat: seat as Seat, count };
  }
  return seat === 'own'
    ? undefined
    : { nonceA: bytesOf(first), nonceB: bytesOf(second), role: seat as Role, count };
}

/** A body of more bytes is none of ours. A seal has at most 4,500. */
const MAX_BODY_BYTES = 8192;
const MAX_SEAL_BYTES = 4500;
/** Bounds the round trip that a side can tell: a longer one is a stall, not a distance. */
const MAX_RTT_MS = 60_000;
const MAX_ROUND = 1000;

function bytes(min: number, max = min) {
  return v.pipe(
    v.string(),
    v.regex(/^[\w-]*$/),
    v.check((text) => text.length % 4 !== 1),
    v.transform((text): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64url'))),
    v.check(({ length }) => length >= min && length <= max),
  );
}

const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const rttMs = v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_RTT_MS));
const mapped = v.object({
  /** A zone is refused, because it names an interface of another machine. */
  address: v.pipe(
    v.string(),
    v.maxLength(45),
    v.check((text) => !text.includes('%') && isAddress(text)),
    v.transform(canonicalAddress),
  ),
  port,
  probePort: v.exactOptional(port),
});

const join = v.object({
  t: v.literal('join'),
  /** Only in the room of a code. */
  share: v.exactOptional(bytes(SHARE_BYTES)),
  /** Absent if no STUN server has named it. */
  mapped: v.exactOptional(mapped),
  rttMs,
});

const roomMessage = v.variant('t', [
  join,
  /** In the room of a session: we have seen the peer come. The try begins with it. */
  v.object({ t: v.literal('answer'), rttMs }),
  v.object({ t: v.literal('seal'), sealed: bytes(1, MAX_SEAL_BYTES) }),
  v.object({
    t: v.literal('round'),
    n: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_ROUND)),
    rttMs,
    /** Where the last STUN server has seen the port that we dial from in this round. */
    probePort: v.exactOptional(port),
  }),
  v.object({ t: v.literal('leave') }),
]);

export type RoomMessage = v.InferOutput<typeof roomMessage>;
export type JoinMessage = v.InferOutput<typeof join>;

/** The body of an `add`: hex digits of UTF-8 of JSON. Bytes in it are base64url. */
export function encodeBody(message: RoomMessage): string {
  const fields = Object.entries(message).map(([key, value]: [string, unknown]) => [
    key,
    value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : value,
  ]);
  return hexOf(new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields))));
}

/** Undefined if it is none of ours, or no message that this version knows. */
export function decodeBody(body: string): RoomMessage | undefined {
  if (body.length > MAX_BODY_BYTES * 2 || body.length % 2 !== 0 || !/^[0-9a-f]*$/.test(body)) {
    return undefined;
  }
  const result = v.safeParse(roomMessage, jsonOf(bytesOf(body)), { abortEarly: true, abortPipeEarly: true });
  return result.success ? result.output : undefined;
}

function jsonOf(utf8: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(utf8));
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof SyntaxError || error instanceof TypeError) {
      return undefined;
    }
    throw error;
  }
}

export function hexOf(value: Uint8Array): string {
  return Buffer.from(value).toString('hex');
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
