import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  answersRequest,
  encodePcpRequest,
  parsePcpAnswer,
  pcpResultName,
  type PcpRequest,
} from '../../../../source/network/port-mapping/wire/pcp.ts';
import { raisesOnlyProtocolErrors } from '../../../helpers/decoders/raises-only-protocol-errors.ts';

const nonce = Uint8Array.from({ length: 12 }, (_, index) => index + 1);
const request: PcpRequest = {
  client: '192.168.1.2',
  nonce,
  lifetimeSeconds: 600,
  internalPort: 40_000,
  suggested: undefined,
};

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/[^0-9a-f]/g, ''), 'hex');
}

/** RFC 6887, sections 7.2 and 11.1. */
const granted = hex(`
  02 81 00 00  00000258  0000002a  000000000000000000000000
  0102030405060708090a0b0c  06 000000  9c40 c350
  00000000000000000000ffff 32000102`);

describe('a request of PCP', () => {
  test.each<{ name: string; request: PcpRequest; bytes: string }>([
    {
      name: 'for any port',
      request,
      bytes: `02 01 0000  00000258  00000000000000000000ffff c0a80102
              0102030405060708090a0b0c  06 000000  9c40 0000  00000000000000000000ffff 00000000`,
    },
    {
      name: 'for the same port again',
      request: { ...request, suggested: { address: '50.0.1.2', port: 50_000 } },
      bytes: `02 01 0000  00000258  00000000000000000000ffff c0a80102
              0102030405060708090a0b0c  06 000000  9c40 c350  00000000000000000000ffff 32000102`,
    },
    {
      name: 'for the end of the mapping',
      request: { ...request, lifetimeSeconds: 0 },
      bytes: `02 01 0000  00000000  00000000000000000000ffff c0a80102
              0102030405060708090a0b0c  06 000000  9c40 0000  00000000000000000000ffff 00000000`,
    },
    {
      name: 'for a pinhole of IPv6',
      request: { ...request, client: '2a00:5000:1:1::2' },
      bytes: `02 01 0000  00000258  2a005000000100010000000000000002
              0102030405060708090a0b0c  06 000000  9c40 0000  00000000000000000000000000000000`,
    },
  ])('$name has the 60 bytes of the RFC', ({ request: one, bytes }) => {
    expect(Buffer.from(encodePcpRequest(one)).toString('hex')).toBe(hex(bytes).toString('hex'));
  });
});

describe('an answer of PCP', () => {
  test('tells what was granted', () => {
    expect(parsePcpAnswer(granted)).toEqual({
      kind: 'map',
      result: 0,
      lifetimeSeconds: 600,
      epochSeconds: 42,
      nonce,
      protocol: 6,
      internalPort: 40_000,
      external: { address: '50.0.1.2', port: 50_000 },
    });
  });

  test('may have options behind it', () => {
    const longer = Buffer.concat([granted, hex('01 00 0004 00000000')]);
    expect(parsePcpAnswer(longer)).toEqual(parsePcpAnswer(granted));
  });

  test('tells why nothing was granted', () => {
    const refused = Buffer.from(granted);
    refused[3] = 2;
    expect(parsePcpAnswer(refused)).toMatchObject({ kind: 'map', result: 2 });
    expect([2, 8, 99].map(pcpResultName)).toEqual(['NOT_AUTHORIZED', 'NO_RESOURCES', 'result 99']);
  });

  test('of a router that speaks NAT-PMP alone names version 0', () => {
    // RFC 6886, section 3.5: the opcode with 128 added, and result 1.
    expect(parsePcpAnswer(hex('00 81 0001 0000002a'))).toEqual({ kind: 'other-version', version: 0 });
  });

  test('of a router with another version of PCP names it', () => {
    expect(parsePcpAnswer(hex('01 81 00 01 00000000 00000000 000000000000000000000000'))).toEqual({
      kind: 'other-version',
      version: 1,
    });
  });

  test.each([
    ['another nonce', { ...request, nonce: new Uint8Array(12) }],
    ['another port', { ...request, internalPort: 40_001 }],
  ])('with %s is not one to our request', (_, other) => {
    expect(answersRequest(parsePcpAnswer(granted), request)).toBe(true);
    expect(answersRequest(parsePcpAnswer(granted), other)).toBe(false);
  });

  test('for UDP is not one to our request', () => {
    const udp = Buffer.from(granted);
    udp[36] = 17;
    expect(answersRequest(parsePcpAnswer(udp), request)).toBe(false);
  });

  test('is refused when it is cut off, or is a request', () => {
    for (let length = 0; length < granted.length; length += 1) {
      expect(() => parsePcpAnswer(granted.subarray(0, length))).toThrow('PCP');
    }
    expect(() => parsePcpAnswer(encodePcpRequest(request))).toThrow('no answer of PCP');
  });

  test('can be any bytes, and raises a ProtocolError alone', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 1200 }),
      fc.tuple(fc.nat(59), fc.nat(255)).map(([at, value]) => {
        const changed = Buffer.from(granted);
        changed[at] = value;
        return changed;
      }),
    );
    const property = fc.property(anything, (bytes) => raisesOnlyProtocolErrors(() => parsePcpAnswer(bytes)));
    expect(() => fc.assert(property)).not.toThrow();
  });
});
