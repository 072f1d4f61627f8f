/**
 * The one exchange of STUN that we use: a Binding request, and the answer that
 * names the endpoint at which the server sees us (RFC 8489). Over TCP the
 * messages follow each other without other framing (section 6.2.2).
 */
import { ProtocolError } from '../../../errors.ts';
import type { Endpoint } from '../../../events.ts';
import { addressOf } from '../../../network/address.ts';

/** RFC 8489, section 5: type, length of the attributes, magic cookie, transaction id. */
const HEADER_BYTES = 20;
const LENGTH_AT = 2;
const COOKIE_AT = 4;
const TRANSACTION_AT = 8;
export const TRANSACTION_BYTES = 12;
const COOKIE = 0x2112_a442;

/** RFC 8489, section 5: the method Binding (1) with the class of the message in bits 4 and 8. */
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;

/** RFC 8489, section 18.3. */
const MAPPED_ADDRESS = 0x0001;
const ERROR_CODE = 0x0009;
const XOR_MAPPED_ADDRESS = 0x0020;

/** The type and the length of an attribute (RFC 8489, section 14). */
const ATTRIBUTE_HEADER_BYTES = 4;
/** Behind a byte that means nothing, the family, and the port (RFC 8489, section 14.1). */
const ADDRESS_AT = 4;
const addressBytesOf: Partial<Record<number, number>> = { 1: 4, 2: 16 };

/**
 * Bounds the memory for an answer. The longest legitimate one is an error with
 * four texts of 763 bytes each: reason, realm, nonce and software (RFC 8489,
 * sections 14.8 to 14.14).
 */
export const MAX_ATTRIBUTES_BYTES = 4096;

/** An answer to the request that had the same transaction id. `reason` is the server's text: pass it through safeText(). */
export type StunMessage =
  | { readonly type: 'seen'; readonly transaction: Uint8Array; readonly mapped: Endpoint }
  | {
      readonly type: 'refused';
      readonly transaction: Uint8Array;
      readonly code: number;
      readonly reason: string;
    };

/** Asks at which endpoint the server sees us. `transaction`: 12 random bytes, which the answer repeats. */
export function encodeBindingRequest(transaction: Uint8Array): Uint8Array {
  const message = Buffer.alloc(HEADER_BYTES);
  message.writeUInt16BE(BINDING_REQUEST, 0);
  message.writeUInt32BE(COOKIE, COOKIE_AT);
  message.set(transaction, TRANSACTION_AT);
  return message;
}

export interface StunDecoder {
  /** Takes any piece of the stream and returns the answers that it completes. Throws ProtocolError; do not use it after that. */
  push(chunk: Uint8Array): StunMessage[];
}

/** Reads what a server says. Anything but answers to Binding requests is a ProtocolError, because we ask nothing else. */
export function createStunDecoder(): StunDecoder {
  let message = Buffer.alloc(HEADER_BYTES);
  let filledBytes = 0;
  return {
    push(chunk) {
      const read: StunMessage[] = [];
      for (let at = 0; at < chunk.length;) {
        const taken = Math.min(message.length - filledBytes, chunk.length - at);
        message.set(chunk.subarray(at, at + taken), filledBytes);
        at += taken;
        filledBytes += taken;
        if (filledBytes < message.length) {
          break;
        }
        const wholeBytes = HEADER_BYTES + attributesBytesOf(message);
        if (filledBytes < wholeBytes) {
          // The added bytes are zeros.
          message = Buffer.concat([message], wholeBytes);
          continue;
        }
        read.push(parseAnswer(message));
        message = Buffer.alloc(HEADER_BYTES);
        filledBytes = 0;
      }
      return read;
    },
  };
}

/** Checks a header, and returns the length of the attributes behind it. */
function attributesBytesOf(header: Buffer): number {
  if (header.readUInt32BE(COOKIE_AT) !== COOKIE) {
    throw new ProtocolError('this is not STUN: the magic cookie is missing');
  }
  const type = header.readUInt16BE(0);
  if (type !== BINDING_SUCCESS && type !== BINDING_ERROR) {
    throw new ProtocolError(`a STUN message of type ${hex(type)}, which answers no Binding request`);
  }
  const bytes = header.readUInt16BE(LENGTH_AT);
  // Each attribute is padded to a multiple of 4 bytes (RFC 8489, section 5).
  if (bytes % 4 !== 0 || bytes > MAX_ATTRIBUTES_BYTES) {
    throw new ProtocolError(
      `${bytes} bytes of STUN attributes; multiples of 4 up to ${MAX_ATTRIBUTES_BYTES} are allowed`,
    );
  }
  return bytes;
}

function parseAnswer(message: Buffer): StunMessage {
  const transaction = Uint8Array.from(message.subarray(TRANSACTION_AT, HEADER_BYTES));
  const attributes = attributesOf(message);
  if (message.readUInt16BE(0) === BINDING_ERROR) {
    return { type: 'refused', transaction, ...parseError(attributes.get(ERROR_CODE)) };
  }
  const xored = attributes.get(XOR_MAPPED_ADDRESS);
  // Servers of RFC 3489 know only the plain one. Some NATs rewrite an address that they find in a packet, so the other wins.
  const plain = attributes.get(MAPPED_ADDRESS);
  if (xored !== undefined) {
    return { type: 'seen', transaction, mapped: parseAddress(unmasked(xored, message)) };
  }
  if (plain !== undefined) {
    return { type: 'seen', transaction, mapped: parseAddress(plain) };
  }
  throw new ProtocolError('a STUN answer without a mapped address');
}

/**
 * The first attribute of each type (RFC 8489, section 14: others may be
 * ignored). Unknown ones are skipped, also those that RFC 8489 wants to be
 * understood: servers of RFC 3489 send such, and we use nothing but the address.
 */
function attributesOf(message: Buffer): ReadonlyMap<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let at = HEADER_BYTES; at < message.length;) {
    const type = message.readUInt16BE(at);
    const start = at + ATTRIBUTE_HEADER_BYTES;
    const end = start + message.readUInt16BE(at + 2);
    if (end > message.length) {
      throw new ProtocolError(`the STUN attribute ${hex(type)} is longer than its message`);
    }
    if (!attributes.has(type)) {
      attributes.set(type, message.subarray(start, end));
    }
    at = start + Math.ceil((end - start) / 4) * 4;
  }
  return attributes;
}

/** RFC 8489, section 14.2: the port is XORed with the start of the cookie, the address with cookie and transaction id. */
function unmasked(value: Buffer, message: Buffer): Buffer {
  const cookieAndId = message.subarray(COOKIE_AT, HEADER_BYTES);
  const mask = Buffer.concat([Buffer.alloc(2), cookieAndId.subarray(0, 2), cookieAndId]);
  return Buffer.from(value.map((byte, index) => byte ^ (mask[index] ?? 0)));
}

function parseAddress(value: Buffer): Endpoint {
  const family = value[1] ?? 0;
  const bytes = addressBytesOf[family];
  if (bytes === undefined || value.length !== ADDRESS_AT + bytes) {
    throw new ProtocolError(`a mapped address of family ${family} in ${value.length} bytes`);
  }
  const port = value.readUInt16BE(2);
  const address = addressOf(value.subarray(ADDRESS_AT));
  if (port === 0 || address === undefined) {
    throw new ProtocolError('a mapped address with port 0');
  }
  return { address, port };
}

/** RFC 8489, section 14.8: the hundreds of the code, its rest, and a reason for people. */
function parseError(value: Buffer | undefined): { code: number; reason: string } {
  if (value === undefined || value.length < ADDRESS_AT) {
    throw new ProtocolError('a STUN error without a code');
  }
  const code = ((value[2] ?? 0) & 0b111) * 100 + (value[3] ?? 0);
  return { code, reason: value.toString('utf8', ADDRESS_AT) };
}

function hex(number: number): string {
  return `0x${number.toString(16).padStart(4, '0')}`;
}
