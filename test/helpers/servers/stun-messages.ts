/** What a STUN server sends, as bytes (RFC 8489). Written apart from the program, so that the two check each other. */
import type { Endpoint } from '../../../source/events.ts';
import { addressBytes } from '../../../source/network/address.ts';

const cookie = Buffer.from('2112a442', 'hex');

export interface StunAttribute {
  readonly type: number;
  readonly value: Uint8Array;
}

/** A message of any type. The transaction id is 12 bytes. */
export function stunMessage(
  type: number,
  transaction: Uint8Array,
  attributes: readonly StunAttribute[],
): Uint8Array {
  const body = Buffer.concat(
    attributes.map((attribute) => {
      const bytes = Buffer.alloc(4 + Math.ceil(attribute.value.length / 4) * 4);
      bytes.writeUInt16BE(attribute.type, 0);
      bytes.writeUInt16BE(attribute.value.length, 2);
      bytes.set(attribute.value, 4);
      return bytes;
    }),
  );
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, cookie, transaction, body]);
}

/** The value of XOR-MAPPED-ADDRESS (section 14.2). */
export function xorMappedAddress(transaction: Uint8Array, { address, port }: Endpoint): Uint8Array {
  const mask = Buffer.concat([cookie, transaction]);
  const plain = addressBytes(address);
  const value = Buffer.alloc(4 + plain.length);
  value[1] = plain.length === 4 ? 1 : 2;
  value.writeUInt16BE(port ^ 0x2112, 2);
  value.set(
    plain.map((byte, index) => byte ^ (mask[index] ?? 0)),
    4,
  );
  return value;
}

/** The answer that names the endpoint of the client. */
export function stunAnswer(transaction: Uint8Array, mapped: Endpoint): Uint8Array {
  return stunMessage(0x0101, transaction, [{ type: 0x0020, value: xorMappedAddress(transaction, mapped) }]);
}

/** The answer that refuses (section 14.8). */
export function stunError(transaction: Uint8Array, code: number, reason: string): Uint8Array {
  const value = Buffer.concat([Buffer.of(0, 0, Math.floor(code / 100), code % 100), Buffer.from(reason)]);
  return stunMessage(0x0111, transaction, [{ type: 0x0009, value }]);
}
