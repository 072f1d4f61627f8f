/**
 * What two peers tell each other inside seals, as JSON named by `t`. A reader
 * passes over types and fields that it does not know, so that later ones can
 * say more.
 */

import * as v from 'valibot';
import { ProtocolError } from '../errors.ts';
import { canonicalAddress, isAddress } from '../network/address.ts';
import { parseJson } from '../text/parse-json.ts';
import { MAX_NAME_LENGTH } from '../text/safe-text.ts';
import { relayWishes } from './relay-wish.ts';

/** A machine has a few interfaces with a few addresses; each candidate costs the peer a dial. */
export const MAX_HOSTS = 8;

/** The longest address, an IPv6 one with a zone of 32 characters, is shorter. */
const MAX_ADDRESS_LENGTH = 80;

const portNumber = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

const host = v.object({
  address: v.pipe(
    v.string(),
    v.maxLength(MAX_ADDRESS_LENGTH),
    v.check(isAddress, 'not an IP address'),
    v.transform(canonicalAddress),
  ),
  port: portNumber,
});

/** A burst finds its hole with 98 %, a second one nearly always (design 3.5 and 4.7). */
export const MAX_BURSTS = 2;

const sprayCount = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_BURSTS));

const hello = v.object({
  t: v.literal('hello'),
  /** What the user called itself. It is the peer's text: safeName() before it is shown. */
  name: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH))),
  mode: v.picklist(['chat', 'pipe']),
  /** Where this side listens on its own interfaces. Not yet fit to be dialled: see dialable-hosts.ts. */
  hosts: v.pipe(v.array(host), v.maxLength(MAX_HOSTS)),
  /** How the rendezvous told this side that it looks: from here, and not from the server, the peer believes it. */
  observed: v.exactOptional(v.object({ port: portNumber, probePort: v.exactOptional(portNumber) })),
  /** Asks the peer to spray where nothing else can work: nobody sprays an address without its owner's word. */
  spray: v.exactOptional(v.boolean()),
  /** How many bursts this side may still dial at the peer's address, and how many of the peer's it may meet with a fan. */
  bursts: v.exactOptional(sprayCount),
  fans: v.exactOptional(sprayCount),
  /** Whether this side lets the rendezvous relay; who says nothing knows no relay. */
  relay: v.exactOptional(v.picklist(relayWishes)),
  /** Whether this side understands the stream of files; who says nothing does not. */
  files: v.exactOptional(v.boolean()),
});

/** A probe that the hello came too early for: how the rendezvous has told this side by now that it looks. */
const observed = v.object({ t: v.literal('observed'), port: portNumber, probePort: portNumber });

/** The first thing a side says in a seal. */
export type HelloMessage = v.InferOutput<typeof hello>;
export type ObservedMessage = v.InferOutput<typeof observed>;
export type SealedMessage = HelloMessage | ObservedMessage;

const typed = v.object({ t: v.string() });
const encoder = new TextEncoder();

/** The bytes to seal. */
export function encodeSealedMessage(message: SealedMessage): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

/**
 * Reads what a seal held; undefined for a type that this version does not know.
 * @throws ProtocolError for everything that is not as described here.
 */
export function decodeSealedMessage(plaintext: Uint8Array): SealedMessage | undefined {
  const value = jsonOf(plaintext);
  if (!v.is(typed, value)) {
    throw new ProtocolError('a sealed message without a type t');
  }
  switch (value.t) {
    case 'hello':
      return validate(hello, value);
    case 'observed':
      return validate(observed, value);
    default:
      return undefined;
  }
}

function validate<Message extends SealedMessage>(
  schema: v.GenericSchema<unknown, Message>,
  value: { t: string },
): Message {
  const result = v.safeParse(schema, value, { abortEarly: true, abortPipeEarly: true });
  if (result.success) {
    return result.output;
  }
  const [issue] = result.issues;
  // The field alone: what a peer seals is for nobody's log.
  throw new ProtocolError(`a sealed ${value.t} with a bad ${v.getDotPath(issue) ?? 'form'}`);
}

function jsonOf(plaintext: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(plaintext));
  } catch (cause) {
    if (cause instanceof ProtocolError) {
      throw cause;
    }
    throw new ProtocolError('a sealed message that is not JSON', { cause });
  }
}
