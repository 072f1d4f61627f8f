import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  encodeAddressRequest,
  encodeNatPmpRequest,
  natPmpResultName,
  parseNatPmpAnswer,
} from '../../../../source/network/port-mapping/wire/nat-pmp.ts';
import { raisesOnlyProtocolErrors } from '../../../helpers/decoders/raises-only-protocol-errors.ts';

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

// RFC 6886, sections 3.2 and 3.3.
const address = hex('00 80 0000 0000002a 32000102');
const mapped = hex('00 82 0000 0000002a 9c40 c350 00000258');

describe('NAT-PMP', () => {
  test('asks for the address in two bytes, and for a TCP port in twelve', () => {
    const request = { internalPort: 40_000, suggestedPort: 50_000, lifetimeSeconds: 600 };
    expect(Buffer.from(encodeAddressRequest()).toString('hex')).toBe('0000');
    expect(Buffer.from(encodeNatPmpRequest(request))).toEqual(hex('00 02 0000 9c40 c350 00000258'));
  });

  test('answers with an address and with a port', () => {
    expect(parseNatPmpAnswer(address)).toEqual({ kind: 'address', result: 0, address: '50.0.1.2' });
    expect(parseNatPmpAnswer(mapped)).toEqual({
      kind: 'map',
      result: 0,
      internalPort: 40_000,
      externalPort: 50_000,
      lifetimeSeconds: 600,
    });
  });

  test('says why it refuses, in a whole answer or in its header alone', () => {
    expect(parseNatPmpAnswer(hex('00 80 0003 0000002a'))).toMatchObject({ kind: 'address', result: 3 });
    expect(parseNatPmpAnswer(hex('00 82 0002 0000002a'))).toMatchObject({ kind: 'map', result: 2 });
    expect([2, 4, 77].map(natPmpResultName)).toEqual(['not authorized', 'out of resources', 'result 77']);
  });

  test('is told from PCP by its version', () => {
    expect(parseNatPmpAnswer(hex('02 80 00 01 00000000'))).toEqual({ kind: 'other-version', version: 2 });
  });

  test.each([address, mapped])('refuses an answer that is cut off', (whole) => {
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => parseNatPmpAnswer(whole.subarray(0, length))).toThrow('NAT-PMP');
    }
  });

  test('raises a ProtocolError alone, for any bytes', () => {
    const anything = fc
      .tuple(
        fc.constantFrom(0, 0, 0, 2),
        fc.constantFrom(0, 2, 128, 129, 130),
        fc.uint8Array({ maxLength: 20 }),
      )
      .map(([version, opcode, rest]) => Uint8Array.of(version, opcode, ...rest));
    const property = fc.property(anything, (bytes) =>
      raisesOnlyProtocolErrors(() => parseNatPmpAnswer(bytes)),
    );
    expect(() => fc.assert(property)).not.toThrow();
  });
});
