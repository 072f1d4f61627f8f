/**
 * What two peers tell each other inside seals, as JSON named by `t`. Version 1
 * knows `hello`; a reader passes over what it does not know, so that later ones
 * can say more.
 */

import * as v from 'valibot';
import { ProtocolError } from '../errors.ts';
import { isAddress } from './address.ts';
import { maxNameLength } from './safe-text.ts';

/** A machine has a few interfaces with a few addresses; each candidate costs the peer a dial. */
export const maxHosts = 8;

/** The longest address, an IPv6 one with a zone of 32 characters, is shorter. */
const maxAddressLength = 80;

const portNumber = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

const host = v.object({
  address: v.pipe(v.string(), v.maxLength(maxAddressLength), v.check(isAddress, 'not an IP address')),
  port: portNumber,
});

const hello = v.object({
  t: v.literal('hello'),
  /** What the user called itself. It is the peer's text: safeName() before it is shown. */
  name: v.exactOptional(v.pipe(v.string(), v.maxLength(maxNameLength))),
  mode: v.picklist(['chat', 'pipe']),
  /** Where this side listens on its own interfaces. Not yet fit to be dialled: see dialable-hosts.ts. */
  hosts: v.pipe(v.array(host), v.maxLength(maxHosts)),
  /** How the rendezvous told this side that it looks: from here, and not from the server, the peer believes it. */
  observed: v.exactOptional(v.object({ port: portNumber, probePort: v.exactOptional(portNumber) })),
  /** Asks the peer to spray where nothing else can work: nobody sprays an address without its owner's word. */
  spray: v.exactOptional(v.boolean()),
});

/** The first thing a side says in a seal. */
export type HelloMessage = v.InferOutput<typeof hello>;
export type SealedMessage = HelloMessage;

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
  const value = parseJson(plaintext);
  if (!v.is(typed, value)) {
    throw new ProtocolError('a sealed message without a type t');
  }
  if (value.t !== 'hello') {
    return undefined;
  }
  const result = v.safeParse(hello, value, { abortEarly: true, abortPipeEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    // The field alone: what a peer seals is for nobody's log.
    throw new ProtocolError(`a sealed hello with a bad ${v.getDotPath(issue) ?? 'form'}`);
  }
  return result.output;
}

function parseJson(plaintext: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plaintext));
  } catch (cause) {
    throw new ProtocolError('a sealed message that is not JSON', { cause });
  }
}
