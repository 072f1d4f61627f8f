/**
 * The messages of PCP (RFC 6887) that map a TCP port: the MAP request and its
 * answer. For IPv6 a mapping is a pinhole in the firewall of the router.
 */
import { ProtocolError } from '../../../errors.ts';
import type { Endpoint } from '../../../events.ts';
import { addressBytes, addressOf, familyOf } from '../../address.ts';

/** RFC 6887 section 19.1. NAT-PMP has the same one. */
export const MAPPING_PORT = 5351;
export const PCP_NONCE_BYTES = 12;

const VERSION = 2;
/** NAT-PMP, which answers at the same port (RFC 6887 appendix A). */
const NAT_PMP_VERSION = 0;
const MAP = 1;
const ANSWER = 0x80;
/** IANA's number of the protocol. */
const TCP = 6;
const HEADER_BYTES = 24;
/** The common header, and the fields of MAP (section 11.1). Options may follow. */
const MAP_BYTES = 60;
/** Section 7. */
const MAX_BYTES = 1100;

/** Where each field begins, in a request and in an answer (sections 7 and 11.1). */
const at = {
  opcode: 1,
  result: 3,
  lifetime: 4,
  client: 8,
  epoch: 8,
  nonce: 24,
  protocol: 36,
  internalPort: 40,
  externalPort: 42,
  external: 44,
} as const;

export interface PcpRequest {
  /** Our address. The router compares it with the address that the datagram comes from. */
  readonly client: string;
  /** 12 random bytes. Only who knows them can renew or delete the mapping. */
  readonly nonce: Uint8Array;
  /** 0 deletes the mapping. */
  readonly lifetimeSeconds: number;
  readonly internalPort: number;
  /** What we would like to get; undefined leaves it to the router. */
  readonly suggested: Endpoint | undefined;
}

export type PcpAnswer =
  | {
      readonly kind: 'map';
      /** 0 is success. Section 7.4 lists the others. */
      readonly result: number;
      /** How long the mapping lives, or how long the error is likely to last. */
      readonly lifetimeSeconds: number;
      /** The seconds since the router knows its mappings. */
      readonly epochSeconds: number;
      readonly nonce: Uint8Array;
      readonly protocol: number;
      readonly internalPort: number;
      readonly external: Endpoint;
    }
  /** The router speaks no PCP of version 2. With version 0 it speaks NAT-PMP. */
  | { readonly kind: 'other-version'; readonly version: number };

/** The 60 bytes of a MAP request for TCP. */
export function encodePcpRequest(request: PcpRequest): Uint8Array {
  const { client, nonce, lifetimeSeconds, internalPort, suggested } = request;
  const bytes = Buffer.alloc(MAP_BYTES);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUInt8(MAP, at.opcode);
  bytes.writeUInt32BE(lifetimeSeconds, at.lifetime);
  bytes.set(wideAddress(client), at.client);
  bytes.set(nonce.subarray(0, PCP_NONCE_BYTES), at.nonce);
  bytes.writeUInt8(TCP, at.protocol);
  bytes.writeUInt16BE(internalPort, at.internalPort);
  bytes.writeUInt16BE(suggested?.port ?? 0, at.externalPort);
  // All zeros of the wanted family mean that any address will do (section 11.1).
  bytes.set(wideAddress(suggested?.address ?? (familyOf(client) === 4 ? '0.0.0.0' : '::')), at.external);
  return bytes;
}

/**
 * Reads an answer to a MAP request. Whether it answers ours, the nonce shows.
 * @throws ProtocolError for everything else.
 */
export function parsePcpAnswer(datagram: Uint8Array): PcpAnswer {
  const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const version = bytes[0];
  const opcode = bytes[at.opcode];
  if (version === undefined || opcode === undefined || (opcode & ANSWER) === 0) {
    throw new ProtocolError('a datagram that is no answer of PCP');
  }
  if (version === NAT_PMP_VERSION) {
    return { kind: 'other-version', version };
  }
  if (bytes.length < HEADER_BYTES || bytes.length > MAX_BYTES || bytes.length % 4 !== 0) {
    throw new ProtocolError(`an answer of PCP with ${bytes.length} bytes`);
  }
  const result = bytes.readUInt8(at.result);
  if (version !== VERSION) {
    return { kind: 'other-version', version };
  }
  if (opcode !== (ANSWER | MAP) || bytes.length < MAP_BYTES) {
    throw new ProtocolError('an answer of PCP to another request');
  }
  const address = addressOf(bytes.subarray(at.external, at.external + 16));
  if (address === undefined) {
    throw new ProtocolError('an answer of PCP without an address');
  }
  return {
    kind: 'map',
    result,
    lifetimeSeconds: bytes.readUInt32BE(at.lifetime),
    epochSeconds: bytes.readUInt32BE(at.epoch),
    nonce: Uint8Array.from(bytes.subarray(at.nonce, at.nonce + PCP_NONCE_BYTES)),
    protocol: bytes.readUInt8(at.protocol),
    internalPort: bytes.readUInt16BE(at.internalPort),
    external: { address, port: bytes.readUInt16BE(at.externalPort) },
  };
}

/** Whether an answer is one to this request. Anybody can send a datagram, but only the router has seen the nonce. */
export function answersRequest(answer: PcpAnswer, { nonce, internalPort }: PcpRequest): boolean {
  return (
    answer.kind === 'other-version' ||
    (Buffer.compare(answer.nonce, nonce) === 0 &&
      answer.protocol === TCP &&
      answer.internalPort === internalPort)
  );
}

/** The names of RFC 6887 section 7.4. */
const results = [
  'SUCCESS',
  'UNSUPP_VERSION',
  'NOT_AUTHORIZED',
  'MALFORMED_REQUEST',
  'UNSUPP_OPCODE',
  'UNSUPP_OPTION',
  'MALFORMED_OPTION',
  'NETWORK_FAILURE',
  'NO_RESOURCES',
  'UNSUPP_PROTOCOL',
  'USER_EX_QUOTA',
  'CANNOT_PROVIDE_EXTERNAL',
  'ADDRESS_MISMATCH',
  'EXCESSIVE_REMOTE_PEERS',
] as const;

/** `NOT_AUTHORIZED`, or the number of a result that has no name. */
export function pcpResultName(result: number): string {
  return results[result] ?? `result ${result}`;
}

/** All addresses have 16 bytes; an IPv4 one is IPv4-mapped (section 5). */
function wideAddress(address: string): Uint8Array {
  const bytes = addressBytes(address);
  if (bytes.length === 16) {
    return bytes;
  }
  const wide = new Uint8Array(16);
  wide.set([0xff, 0xff], 10);
  wide.set(bytes, 12);
  return wide;
}
