import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalAddress } from '../../../../source/network/address.ts';
import {
  createFrameDecoder,
  encodeFrame,
  MAX_DATA_BYTES,
  type Frame,
} from '../../../../source/connect/session/wire/frames.ts';
import { ProtocolError } from '../../../../source/errors.ts';
import { threeWays } from '../../../helpers/decoders/three-ways.ts';

const offset = fc.maxSafeNat();
const id = fc.nat(0xffffffff);
const endpointFields = {
  address: fc.oneof(fc.ipV4(), fc.ipV6()).map(canonicalAddress),
  port: fc.integer({ min: 1, max: 65_535 }),
};
const endpoint = fc.record(endpointFields);
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: fc.constant('nominate' as const),
    received: offset,
    group: fc.stringMatching(/^[A-Za-z0-9_.-]{1,40}$/),
  }),
  fc.record({
    type: fc.constantFrom('data' as const, 'file-data' as const),
    offset,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 50 }).map((bytes): Uint8Array => Buffer.from(bytes)),
  }),
  fc.record({ type: fc.constantFrom('ack' as const, 'file-ack' as const), received: offset, limit: offset }),
  fc.record({ type: fc.constantFrom('ping' as const, 'pong' as const), id }),
  fc.record({ type: fc.constant('end' as const), offset }),
  fc.record({
    type: fc.constant('round' as const),
    n: fc.integer({ min: 1, max: 0xffffffff }),
    nonce: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    hosts: fc.array(endpoint, { maxLength: 8 }),
  }),
  fc.record({
    type: fc.constant('round' as const),
    n: fc.integer({ min: 1, max: 0xffffffff }),
    nonce: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    hosts: fc.array(endpoint, { maxLength: 8 }),
    mapped: fc.record(
      { ...endpointFields, probePort: endpointFields.port },
      { requiredKeys: ['address', 'port'] },
    ),
  }),
  fc.record({
    type: fc.constant('close' as const),
    reason: fc.constantFrom('quit' as const, 'protocol' as const, 'gave-up' as const),
  }),
);

const nonce = '07'.repeat(16);

function bytesOf(frames: readonly Frame[]) {
  return Buffer.concat(frames.map(encodeFrame));
}
function decode(hex: string) {
  return createFrameDecoder().push(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

describe('frames', () => {
  test('are read as they were written, wherever they are split', () => {
    const reads = fc.property(fc.array(frame, { minLength: 1, maxLength: 5 }), (frames) => {
      for (const read of threeWays(createFrameDecoder, bytesOf(frames))) {
        expect(read).toEqual(frames);
      }
    });
    fc.assert(reads, { numRuns: 50 });
  });

  test('are complete when their last byte is there, and not before', () => {
    const decoder = createFrameDecoder();
    const bytes = bytesOf([
      { type: 'ping', id: 1 },
      { type: 'ping', id: 2 },
    ]);
    expect(decoder.push(bytes.subarray(0, 8))).toEqual([]);
    expect(decoder.push(bytes.subarray(8, 12))).toEqual([{ type: 'ping', id: 1 }]);
    expect(decoder.push(new Uint8Array(0))).toEqual([]);
    expect(decoder.push(bytes.subarray(12))).toEqual([{ type: 'ping', id: 2 }]);
  });

  test('carry 64 KiB of data and no more', () => {
    const longest: Frame = { type: 'data', offset: 0, bytes: Buffer.alloc(MAX_DATA_BYTES, 7) };
    const decoder = createFrameDecoder();
    const bytes = encodeFrame(longest);
    const pieces = [bytes.subarray(0, 3), bytes.subarray(3, 40_000), bytes.subarray(40_000)];
    expect(pieces.flatMap((piece) => decoder.push(piece))).toEqual([longest]);
    expect(() => encodeFrame({ type: 'data', offset: 0, bytes: new Uint8Array(MAX_DATA_BYTES + 1) })).toThrow(
      RangeError,
    );
  });

  test('skip candidates of an unknown kind', () => {
    expect(decode(`00000020 08 00000001 ${nonce} ff 01 00 01 06 1403 c0a80107`)).toEqual([
      {
        type: 'round',
        n: 1,
        nonce: new Uint8Array(16).fill(7),
        hosts: [{ address: '192.168.1.7', port: 5123 }],
      },
    ]);
  });

  test('keep data that came in several chunks, even if the chunks are written over', () => {
    const decoder = createFrameDecoder();
    const bytes = encodeFrame({ type: 'data', offset: 0, bytes: Buffer.from('hello') });
    const head = Buffer.from(bytes.subarray(0, 15));
    decoder.push(head);
    head.fill(0);
    expect(decoder.push(bytes.subarray(15))).toEqual([
      { type: 'data', offset: 0, bytes: Buffer.from('hello') },
    ]);
  });
});

describe('a malformed frame', () => {
  test.each([
    ['has no type', '00000000'],
    ['is one byte too long', '0001000a 02'],
    ['is 4 GiB long', 'ffffffff'],
    ['has type 0', '00000001 00'],
    ['has an unknown type', '00000001 09'],
    ['nominates without an offset', '00000005 01 00000000'],
    ['nominates without a group', '00000009 01 0000000000000000'],
    ['nominates with a group of 41 characters', `00000032 01 0000000000000000 ${'41'.repeat(41)}`],
    ['nominates with a control character', '0000000b 01 0000000000000000 411b'],
    ['nominates with a newline after the group', '0000000b 01 0000000000000000 410a'],
    ['carries no data', '00000009 02 0000000000000000'],
    ['ends within the offset of data', '00000006 02 0000000000'],
    ['has an offset beyond 2^53 - 1', '0000000a 02 0020000000000000 00'],
    ['acknowledges beyond 2^53 - 1', '00000011 03 ffffffffffffffff 0000000000000000'],
    ['allows beyond 2^53 - 1', '00000011 03 0000000000000000 0020000000000000'],
    ['acknowledges without a limit', '00000009 03 0000000000000000'],
    ['acknowledges and goes on', '00000012 03 0000000000000000 0000000000000000 00'],
    ['pings without a number', '00000001 04'],
    ['pings with 3 bytes', '00000004 04 000000'],
    ['pongs with 5 bytes', '00000006 05 0000000000'],
    ['ends nowhere', '00000001 06'],
    ['ends and goes on', '0000000a 06 0000000000000000 00'],
    ['closes without a reason', '00000001 07'],
    ['closes with an unknown reason', '00000002 07 03'],
    ['closes with two reasons', '00000003 07 00 00'],
    ['is a round without a nonce', `00000014 08 00000001 ${'00'.repeat(15)}`],
    ['is round 0', `00000015 08 00000000 ${nonce}`],
    ['is a round with a candidate without a length', `00000016 08 00000001 ${nonce} 01`],
    ['is a round that ends within a candidate', `0000001c 08 00000001 ${nonce} 01 06 1403 c0a801`],
    ['is a round with a host at port 0', `0000001d 08 00000001 ${nonce} 01 06 0000 c0a80107`],
    ['is a round with an address of 5 bytes', `0000001e 08 00000001 ${nonce} 01 07 1403 c0a8010707`],
    ['is a round with a host of 1 byte', `00000018 08 00000001 ${nonce} 01 01 14`],
    ['is a round with 9 hosts', `0000005d 08 00000001 ${nonce} ${'01 06 1403 c0a80107'.repeat(9)}`],
    ['is a round with a mapped endpoint at port 0', `0000001f 08 00000001 ${nonce} 02 08 0000 1403 c0a80107`],
    ['is a round with a mapped endpoint of 3 bytes', `0000001a 08 00000001 ${nonce} 02 03 140314`],
    [
      'is a round with two mapped endpoints',
      `00000029 08 00000001 ${nonce} ${'02 08 1403 0000 c0a80107'.repeat(2)}`,
    ],
    ['is a round with 17 candidates', `00000037 08 00000001 ${nonce} ${'ff 00'.repeat(17)}`],
  ])('that %s is a ProtocolError', (_, hex) => {
    expect(() => decode(hex)).toThrow(ProtocolError);
  });

  test('is refused by its length, before the rest of it comes', () => {
    expect(() => decode('00010009')).not.toThrow();
    expect(() => decode('0001000a')).toThrow('a frame of 65546 bytes; 1 to 65545 are allowed');
  });
});
