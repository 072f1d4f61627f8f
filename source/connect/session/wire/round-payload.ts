import { ProtocolError } from '../../../errors.ts';
import type { Endpoint } from '../../../events.ts';
import { addressBytes, addressOf } from '../../../network/address.ts';
import { NONCE_BYTES } from '../../keys/keys.ts';
import { MAX_HOSTS } from '../../../protocol/peer-limits.ts';

/**
 * What a `round` frame carries: one side's part of a round of punching for a
 * better channel. Candidates are written as kind, length and value, so that a
 * reader can skip kinds that it does not know.
 */
export interface RoundPayload {
  /** Counts the rounds on one channel from 1. Each side says each number once. */
  readonly n: number;
  /** 16 fresh bytes. The keys of the new channel come from the root and the nonces of both sides. */
  readonly nonce: Uint8Array;
  /** Where this side listens on its own interfaces, at most 8 endpoints. They must be checked before they are dialled: see dialable.ts. */
  readonly hosts: readonly Endpoint[];
  /** How the rendezvous sees the port from which this side dials in this round, and the probe from that port. */
  readonly mapped?: MappedCandidate | undefined;
  /** The endpoint that a router maps to this side. It is dialled only at the mapped address. */
  readonly forwarded?: Endpoint | undefined;
}

export interface MappedCandidate extends Endpoint {
  readonly probePort?: number | undefined;
}

const NUMBER_BYTES = 4;
const HOST = 1;
const MAPPED = 2;
const FORWARDED = 3;
const PORT_BYTES = 2;
/** Bounds the candidates of all kinds: twice as many as there may be hosts. */
const MAX_CANDIDATES = 2 * MAX_HOSTS;

/** `hosts` are address literals without a zone, because a zone means something on its own computer only. */
export function encodeRoundPayload({ n, nonce, hosts, mapped, forwarded }: RoundPayload): Buffer {
  const number = Buffer.alloc(NUMBER_BYTES);
  number.writeUInt32BE(n);
  const candidates = hosts.map(({ address, port }) => encodeCandidate(HOST, address, [port]));
  if (mapped !== undefined) {
    candidates.push(encodeCandidate(MAPPED, mapped.address, [mapped.port, mapped.probePort ?? 0]));
  }
  if (forwarded !== undefined) {
    candidates.push(encodeCandidate(FORWARDED, forwarded.address, [forwarded.port]));
  }
  return Buffer.concat([number, nonce, ...candidates]);
}

function encodeCandidate(kind: number, address: string, ports: readonly number[]): Buffer {
  const bytes = addressBytes(address);
  const header = Buffer.alloc(2 + ports.length * PORT_BYTES);
  header.set([kind, ports.length * PORT_BYTES + bytes.length]);
  for (const [index, port] of ports.entries()) {
    header.writeUInt16BE(port, 2 + index * PORT_BYTES);
  }
  return Buffer.concat([header, bytes]);
}

/** Throws ProtocolError for everything else. */
export function parseRoundPayload(payload: Buffer): RoundPayload {
  let at = NUMBER_BYTES + NONCE_BYTES;
  if (payload.length < at) {
    throw new ProtocolError('a round frame without a nonce');
  }
  const n = payload.readUInt32BE(0);
  if (n === 0) {
    throw new ProtocolError('a round frame with the number 0');
  }
  const hosts: Endpoint[] = [];
  let mapped: MappedCandidate | undefined;
  let forwarded: Endpoint | undefined;
  for (let candidates = 1; at < payload.length; candidates += 1) {
    if (candidates > MAX_CANDIDATES) {
      throw new ProtocolError('a round frame with too many candidates');
    }
    const kind = payload[at];
    const end = at + 2 + (payload[at + 1] ?? payload.length);
    if (end > payload.length) {
      throw new ProtocolError('a round frame that ends within a candidate');
    }
    const value = payload.subarray(at + 2, end);
    if (kind === HOST) {
      hosts.push(parseHost(value));
    }
    if (kind === MAPPED) {
      if (mapped !== undefined) {
        throw new ProtocolError('a round frame with two mapped endpoints');
      }
      mapped = parseMapped(value);
    }
    if (kind === FORWARDED) {
      if (forwarded !== undefined) {
        throw new ProtocolError('a round frame with two forwarded endpoints');
      }
      forwarded = parseHost(value);
    }
    at = end;
  }
  if (hosts.length > MAX_HOSTS) {
    throw new ProtocolError(`a round frame with ${hosts.length} hosts`);
  }
  const nonce = Uint8Array.from(payload.subarray(NUMBER_BYTES, NUMBER_BYTES + NONCE_BYTES));
  return {
    n,
    nonce,
    hosts,
    ...(mapped === undefined ? {} : { mapped }),
    ...(forwarded === undefined ? {} : { forwarded }),
  };
}

function parseMapped(value: Buffer): MappedCandidate {
  // The port, the port of the probe (0: none), and the address.
  if (value.length < 2 * PORT_BYTES) {
    throw new ProtocolError('a round frame with a bad endpoint');
  }
  const endpoint = parseHost(Buffer.concat([value.subarray(0, PORT_BYTES), value.subarray(2 * PORT_BYTES)]));
  const probePort = value.readUInt16BE(PORT_BYTES);
  return probePort === 0 ? endpoint : { ...endpoint, probePort };
}

function parseHost(value: Buffer): Endpoint {
  const port = value.length < PORT_BYTES ? 0 : value.readUInt16BE(0);
  const address = addressOf(value.subarray(PORT_BYTES));
  if (port === 0 || address === undefined) {
    throw new ProtocolError('a round frame with a bad endpoint');
  }
  return { address, port };
}
