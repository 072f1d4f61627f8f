import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createStunDecoder,
  encodeBindingRequest,
  MAX_ATTRIBUTES_BYTES,
  type StunMessage,
} from '../../../../source/connect/stun/wire/stun-message.ts';
import { ProtocolError } from '../../../../source/errors.ts';
import { threeWays } from '../../../helpers/decoders/three-ways.ts';
import {
  stunAnswer,
  stunError,
  stunMessage,
  xorMappedAddress,
} from '../../../helpers/servers/stun-messages.ts';

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
}

/** The transaction id of all vectors of RFC 5769. */
const transaction = Uint8Array.from(bytes('b7e7a701 bc34d686 fa87dfae'));

function read(message: Uint8Array): StunMessage[] {
  return createStunDecoder().push(message);
}

describe('the vectors of RFC 5769', () => {
  test.each([
    [
      '2.2, IPv4',
      `0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
       8022000b 74657374 20766563 746f7220
       00200008 0001a147 e112a643
       00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
       80280004 c07d4c96`,
      { address: '192.0.2.1', port: 32_853 },
    ],
    [
      '2.3, IPv6',
      `01010048 2112a442 b7e7a701 bc34d686 fa87dfae
       8022000b 74657374 20766563 746f7220
       00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
       00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
       80280004 c8fb0b4c`,
      { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 },
    ],
  ])('section %s', (_, vector, mapped) => {
    for (const messages of threeWays(createStunDecoder, bytes(vector))) {
      expect(messages).toEqual([{ type: 'seen', transaction, mapped }]);
    }
  });
});

test('a request has 20 bytes: type 1, no attributes, the cookie, the transaction id', () => {
  expect(Buffer.from(encodeBindingRequest(transaction)).toString('hex')).toBe(
    '000100002112a442b7e7a701bc34d686fa87dfae',
  );
});

test('any endpoint in any answers in any chunks is read as it was sent', () => {
  const endpoint = fc.record({
    address: fc.oneof(fc.ipV4(), fc.constantFrom('2001:db8::1', 'fe80::7', '::1', 'ff02::1')),
    port: fc.integer({ min: 1, max: 65_535 }),
  });
  const answers = fc.array(fc.tuple(endpoint, fc.uint8Array({ minLength: 12, maxLength: 12 })), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(answers, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (sent, sizes) => {
      const stream = Buffer.concat(sent.map(([mapped, id]) => stunAnswer(id, mapped)));
      const decoder = createStunDecoder();
      const got: StunMessage[] = [];
      for (let at = 0, n = 0; at < stream.length; n += 1) {
        const size = sizes[n % sizes.length] ?? 1;
        got.push(...decoder.push(stream.subarray(at, at + size)));
        at += size;
      }
      expect(got).toEqual(sent.map(([mapped, id]) => ({ type: 'seen', transaction: id, mapped })));
    }),
  );
});

test('the address that no NAT can rewrite wins, wherever it stands', () => {
  const plain = { type: 0x0001, value: bytes('00010050 c0000207') };
  const xored = { type: 0x0020, value: xorMappedAddress(transaction, { address: '192.0.2.1', port: 4711 }) };
  for (const attributes of [
    [plain, xored],
    [xored, plain],
  ]) {
    expect(read(stunMessage(0x0101, transaction, attributes))).toMatchObject([
      { mapped: { address: '192.0.2.1', port: 4711 } },
    ]);
  }
  expect(read(stunMessage(0x0101, transaction, [plain]))).toMatchObject([
    { mapped: { address: '192.0.2.7', port: 80 } },
  ]);
});

test('of two attributes of one type the first counts, and unknown ones are skipped with their padding', () => {
  const [first, second] = ['192.0.2.1', '192.0.2.2'].map((address) => ({
    type: 0x0020,
    value: xorMappedAddress(transaction, { address, port: 4711 }),
  }));
  const unknown = [
    { type: 0x0005, value: Buffer.from('odd') },
    { type: 0x8022, value: Buffer.alloc(0) },
  ];
  expect(read(stunMessage(0x0101, transaction, [...unknown, first!, ...unknown, second!]))).toMatchObject([
    { mapped: { address: '192.0.2.1', port: 4711 } },
  ]);
});

test('an error tells its code and the reason of the server', () => {
  for (const messages of threeWays(createStunDecoder, stunError(transaction, 401, 'Ünauthorized'))) {
    expect(messages).toEqual([{ type: 'refused', transaction, code: 401, reason: 'Ünauthorized' }]);
  }
  expect(read(stunError(transaction, 500, ''))).toMatchObject([{ code: 500, reason: '' }]);
});

/** A success with one attribute, whose length field may lie. */
function withAttribute(type: number, value: Uint8Array, length = value.length): Buffer {
  const message = Buffer.from(stunMessage(0x0101, transaction, [{ type, value }]));
  message.writeUInt16BE(length, 22);
  return message;
}

test.each<[string, Uint8Array, string]>([
  ['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'the magic cookie is missing'],
  ['our own request', encodeBindingRequest(transaction), 'type 0x0001'],
  ['an indication', stunMessage(0x0011, transaction, []), 'type 0x0011'],
  ['an answer of TURN', stunMessage(0x0103, transaction, []), 'type 0x0103'],
  ['an odd length', bytes('01010002 2112a442 b7e7a701 bc34d686 fa87dfae'), '2 bytes of STUN attributes'],
  ['a huge length', bytes('0101fffc 2112a442 b7e7a701 bc34d686 fa87dfae'), '65532 bytes of STUN attributes'],
  ['no address', stunMessage(0x0101, transaction, []), 'without a mapped address'],
  [
    'an attribute beyond the end',
    withAttribute(0x0020, Buffer.alloc(8), 9),
    'the STUN attribute 0x0020 is longer',
  ],
  ['an unknown family', withAttribute(0x0001, bytes('00030050 c0000207')), 'family 3 in 8 bytes'],
  [
    'IPv4 in the space of IPv6',
    withAttribute(0x0001, Buffer.concat([bytes('00010050'), Buffer.alloc(16)])),
    'family 1',
  ],
  ['IPv6 in the space of IPv4', withAttribute(0x0001, bytes('00020050 c0000207')), 'family 2 in 8 bytes'],
  ['no room for a family', withAttribute(0x0020, Buffer.alloc(0)), 'family 0 in 0 bytes'],
  ['port 0', withAttribute(0x0001, bytes('00010000 c0000207')), 'port 0'],
  ['an error without a code', stunMessage(0x0111, transaction, []), 'without a code'],
  [
    'half an error code',
    stunMessage(0x0111, transaction, [{ type: 9, value: bytes('0000') }]),
    'without a code',
  ],
])('%s is a protocol error, however it is cut', (_, message, complaint) => {
  const seen = [];
  for (const feed of [
    () => read(message),
    () => {
      const decoder = createStunDecoder();
      for (const byte of message) {
        decoder.push(Uint8Array.of(byte));
      }
    },
  ]) {
    expect(feed).toThrow(ProtocolError);
    expect(feed).toThrow(complaint);
    seen.push(feed);
  }
  expect(seen).toHaveLength(2);
});

test('a huge length is refused before a byte behind the header is read', () => {
  const header = Buffer.from(stunMessage(0x0101, transaction, []));
  header.writeUInt16BE(MAX_ATTRIBUTES_BYTES + 4, 2);
  const decoder = createStunDecoder();
  decoder.push(header.subarray(0, 19));
  expect(() => decoder.push(header.subarray(19))).toThrow(`${MAX_ATTRIBUTES_BYTES + 4} bytes`);
});

test('an answer as long as is allowed is read', () => {
  const filling = { type: 0x8022, value: Buffer.alloc(MAX_ATTRIBUTES_BYTES - 12 - 4) };
  const address = { type: 0x0020, value: xorMappedAddress(transaction, { address: '192.0.2.1', port: 1 }) };
  expect(read(stunMessage(0x0101, transaction, [filling, address]))).toHaveLength(1);
});
