/**
 * The messages that two peers send each other inside seals: JSON objects whose
 * type is `t`. A reader skips unknown types and fields, so that later versions
 * can add some.
 */

import * as v from 'valibot';
import { ProtocolError } from '../errors.ts';
import { canonicalAddress, isAddress } from '../network/address.ts';
import { parseJson } from '../text/parse-json.ts';
import { MAX_NAME_LENGTH } from '../text/safe-text.ts';
import { MAX_BURSTS, MAX_HOSTS } from './peer-limits.ts';
import { relayWishes } from './relay-wish.ts';

/** Every address is shorter, even an IPv6 one with a zone of 32 characters. */
const MAX_ADDRESS_LENGTH = 80;

const portNumber = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

const address = v.pipe(
  v.string(),
  v.maxLength(MAX_ADDRESS_LENGTH),
  v.check(isAddress, 'not an IP address'),
  v.transform(canonicalAddress),
);

const host = v.object({ address, port: portNumber });

const sprayCount = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_BURSTS));

/** 16 bytes in base64url. */
const id = v.pipe(v.string(), v.regex(/^[\w-]{22}$/));

const hello = v.object({
  t: v.literal('hello'),
  /** The name that the user chose. It is the peer's text: pass it through safeName() before you show it. */
  name: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH))),
  mode: v.picklist(['chat', 'pipe', 'forward']),
  /** This side runs a chat only to send files, or only to receive them. Two that do the same end at once. */
  task: v.exactOptional(v.picklist(['send', 'receive'])),
  /** The endpoints on which this side listens on its own interfaces. Check them before you dial: see dialable.ts. */
  hosts: v.pipe(v.array(host), v.maxLength(MAX_HOSTS)),
  /** The ports that the rendezvous has seen of this side. The peer believes this side, and not the server. */
  observed: v.exactOptional(
    v.object({
      port: portNumber,
      probePort: v.exactOptional(portNumber),
      /** The port that a second address of the rendezvous has seen, if it was asked. */
      addressPort: v.exactOptional(portNumber),
      /** Only if two STUN servers have named it to this side. Then, and only then, may it be sprayed. */
      address: v.exactOptional(address),
    }),
  ),
  /** Where the outside sees this side, if a proxy leads one of the two to the place, which then cannot tell it. */
  mapped: v.exactOptional(host),
  /** Asks the peer to spray if nothing else can work. Nobody sprays an address unless its owner has asked for it. */
  spray: v.exactOptional(v.boolean()),
  /** How many bursts this side may still dial, and how many bursts of the peer it may still answer with a fan. */
  bursts: v.exactOptional(sprayCount),
  fans: v.exactOptional(sprayCount),
  /** Whether this side lets the rendezvous relay. A program that leaves it out knows no relay. */
  relay: v.exactOptional(v.picklist(relayWishes)),
  /** This side is the host: the place runs inside its program, and the connection to the place leads to it. */
  here: v.exactOptional(v.boolean()),
  /** Whether this side understands the stream of files. A program that leaves it out does not. */
  files: v.exactOptional(v.boolean()),
  /** Names the session that this side has and goes on with. Without it, a session begins. */
  session: v.exactOptional(id),
  /** Whether this side runs a chat that can keep friends. A program that leaves it out knows nothing of them. */
  friends: v.exactOptional(v.boolean()),
  /** Whether a single file of an offered folder may be skipped. A program that leaves it out needs them all. */
  skips: v.exactOptional(v.boolean()),
});

/** The same ports as in `hello`, if one was seen only after the hello was sent. */
const observed = v.object({
  t: v.literal('observed'),
  port: portNumber,
  probePort: portNumber,
  addressPort: v.exactOptional(portNumber),
});

/** An endpoint outside that a router maps to this side. It is dialled only at this side's mapped address. */
const forwarded = v.object({ t: v.literal('forwarded'), ...host.entries });

/** The first message that a side seals. */
export type HelloMessage = v.InferOutput<typeof hello>;
export type ObservedMessage = v.InferOutput<typeof observed>;
export type ForwardedMessage = v.InferOutput<typeof forwarded>;
export type SealedMessage = HelloMessage | ObservedMessage | ForwardedMessage;

const typed = v.object({ t: v.string() });
const encoder = new TextEncoder();

/** The bytes to seal. */
export function encodeSealedMessage(message: SealedMessage): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

/**
 * Reads the plaintext of a seal; undefined for a type that this version does not know.
 * @throws ProtocolError if the message does not match its description here.
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
    case 'forwarded':
      return validate(forwarded, value);
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
  // The error names the field alone, because sealed values must not get into a log.
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
