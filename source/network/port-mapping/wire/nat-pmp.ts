/**
 * The messages of NAT-PMP (RFC 6886) that map a TCP port: the question for the
 * external address, the request for a mapping, and their answers.
 */
import { ProtocolError } from '../../../errors.ts';
import { addressOf } from '../../address.ts';

const VERSION = 0;
const ADDRESS = 0;
const MAP_TCP = 2;
const ANSWER = 128;
const ADDRESS_ANSWER_BYTES = 12;
const MAP_ANSWER_BYTES = 16;
/** Version, opcode, result and time: all that an answer with an error needs (section 3.5). */
const HEADER_BYTES = 8;

export interface NatPmpRequest {
  readonly internalPort: number;
  /** 0 leaves it to the router, and stands in a deletion. */
  readonly suggestedPort: number;
  /** 0 deletes the mapping. */
  readonly lifetimeSeconds: number;
}

/** `result` 0 is success; section 3.5 lists the others. An answer with an error may end after its header. */
export type NatPmpAnswer =
  | { readonly kind: 'address'; readonly result: number; readonly address: string | undefined }
  | {
      readonly kind: 'map';
      readonly result: number;
      readonly internalPort: number | undefined;
      readonly externalPort: number;
      readonly lifetimeSeconds: number;
    }
  /** The router speaks another version, as one of PCP alone does. */
  | { readonly kind: 'other-version'; readonly version: number };

/** Section 3.2. */
export function encodeAddressRequest(): Uint8Array {
  return Uint8Array.of(VERSION, ADDRESS);
}

/** Section 3.3, for TCP. */
export function encodeNatPmpRequest(request: NatPmpRequest): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUInt8(MAP_TCP, 1);
  bytes.writeUInt16BE(request.internalPort, 4);
  bytes.writeUInt16BE(request.suggestedPort, 6);
  bytes.writeUInt32BE(request.lifetimeSeconds, 8);
  return bytes;
}

/** @throws ProtocolError if the datagram is no answer of NAT-PMP. */
export function parseNatPmpAnswer(datagram: Uint8Array): NatPmpAnswer {
  const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const version = bytes[0];
  const opcode = bytes[1];
  if (version === undefined || opcode === undefined || opcode < ANSWER) {
    throw new ProtocolError('a datagram that is no answer of NAT-PMP');
  }
  if (version !== VERSION) {
    return { kind: 'other-version', version };
  }
  if (bytes.length < HEADER_BYTES) {
    throw new ProtocolError(`an answer of NAT-PMP with ${bytes.length} bytes`);
  }
  const result = bytes.readUInt16BE(2);
  if (opcode === ANSWER + ADDRESS) {
    return { kind: 'address', result, address: addressIn(bytes, result) };
  }
  if (opcode !== ANSWER + MAP_TCP) {
    throw new ProtocolError('an answer of NAT-PMP to another request');
  }
  if (bytes.length < MAP_ANSWER_BYTES) {
    if (result === 0) {
      throw new ProtocolError('an answer of NAT-PMP that ends before its mapping');
    }
    return { kind: 'map', result, internalPort: undefined, externalPort: 0, lifetimeSeconds: 0 };
  }
  return {
    kind: 'map',
    result,
    internalPort: bytes.readUInt16BE(8),
    externalPort: bytes.readUInt16BE(10),
    lifetimeSeconds: bytes.readUInt32BE(12),
  };
}

function addressIn(bytes: Buffer, result: number): string | undefined {
  if (result !== 0) {
    return undefined;
  }
  if (bytes.length < ADDRESS_ANSWER_BYTES) {
    throw new ProtocolError('an answer of NAT-PMP that ends before its address');
  }
  return addressOf(bytes.subarray(HEADER_BYTES, ADDRESS_ANSWER_BYTES));
}

/** The words of RFC 6886 section 3.5. */
const results = [
  'success',
  'unsupported version',
  'not authorized',
  'network failure',
  'out of resources',
  'unsupported opcode',
] as const;

/** `not authorized`, or the number of a result that has no name. */
export function natPmpResultName(result: number): string {
  return results[result] ?? `result ${result}`;
}
