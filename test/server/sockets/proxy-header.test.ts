import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createProxyDecoder, MAX_PROXY_BYTES } from '../../../source/server/sockets/proxy-header.ts';
import { ProtocolError } from '../../../source/errors.ts';
import { binaryHeader, proxiedConnections, textHeader } from '../../helpers/servers/proxy-headers.ts';

const client = { address: '192.0.2.7', port: 4711, destination: '198.51.100.1', destinationPort: 8877 };

function read(bytes: Uint8Array) {
  return createProxyDecoder().push(bytes);
}
function binary(command: number, family: number, length: number) {
  const header = Buffer.alloc(16 + length);
  header.write('\r\n\r\n\0\r\nQUIT\n', 'latin1');
  header.set([command, family, length >> 8, length & 0xff], 12);
  return header;
}

describe('a PROXY header', () => {
  test('names the source, in either version, and leaves the bytes behind it', () => {
    fc.assert(
      fc.property(proxiedConnections, fc.uint8Array({ maxLength: 40 }), fc.nat(100), (one, rest, at) => {
        for (const header of [textHeader(one), binaryHeader(one), binaryHeader(one, Buffer.alloc(30, 4))]) {
          const bytes = Buffer.concat([header, rest]);
          const decoder = createProxyDecoder();
          const cut = Math.min(at, header.length - 1);
          expect(decoder.push(bytes.subarray(0, cut))).toBeUndefined();
          const whole = decoder.push(bytes.subarray(cut));
          expect(whole?.source).toEqual({ address: one.address, port: one.port });
          expect(Buffer.from(whole?.rest ?? [])).toEqual(Buffer.from(rest));
        }
      }),
    );
  });

  test('of version 1 is written as HAProxy writes it', () => {
    expect(textHeader(client).toString()).toBe('PROXY TCP4 192.0.2.7 198.51.100.1 4711 8877\r\n');
  });

  test('of IPv4-mapped addresses names an IPv4 source, in either version', () => {
    const mapped = Buffer.from('00000000000000000000ffffc0000207', 'hex');
    const header = binary(0x21, 0x21, 36);
    header.set(mapped, 16);
    header.set(mapped, 32);
    header.writeUInt16BE(4711, 48);
    const line = 'PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 4711 8877\r\n';
    for (const bytes of [Buffer.from(line), header]) {
      expect(read(bytes)?.source).toEqual({ address: '192.0.2.7', port: 4711 });
    }
  });

  test.each([
    ['PROXY UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n')],
    ['PROXY UNKNOWN with addresses', Buffer.from('PROXY UNKNOWN ::1 ::1 1 2\r\n')],
    ['LOCAL', binary(0x20, 0x00, 0)],
    ['LOCAL with addresses', binary(0x20, 0x11, 12)],
    ['a Unix socket', binary(0x21, 0x31, 216)],
    ['UDP', binary(0x21, 0x12, 12)],
  ])('of %s names no source', (_, bytes) => {
    expect(read(bytes)).toMatchObject({ source: undefined });
  });

  test.each<[string, Uint8Array]>([
    ['a line of JSON', Buffer.from('{"t":"open"}\n')],
    ['a word like it', Buffer.from('PROXIES')],
    ['no address', Buffer.from('PROXY TCP4 nobody 198.51.100.1 1 2\r\n')],
    ['an address of the other family', Buffer.from('PROXY TCP4 ::1 ::1 1 2\r\n')],
    ['an address of the other family, in the other line', Buffer.from('PROXY TCP6 192.0.2.7 ::1 1 2\r\n')],
    ['a mapped address as IPv4', Buffer.from('PROXY TCP4 ::ffff:192.0.2.7 198.51.100.1 1 2\r\n')],
    ['an address with a zone', Buffer.from('PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n')],
    ['a port too high', Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n')],
    ['a source without a port', Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 0 2\r\n')],
    ['too few words', Buffer.from('PROXY TCP4 192.0.2.7\r\n')],
    ['too many words', Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n')],
    ['another protocol', Buffer.from('PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n')],
    ['a line that does not end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(93)}`)],
    ['another version', binary(0x11, 0x11, 12)],
    ['another command', binary(0x2f, 0x11, 12)],
    ['a length below its addresses', binary(0x21, 0x21, 35)],
    ['a length beyond all sense', binary(0x21, 0x11, MAX_PROXY_BYTES + 1).subarray(0, 16)],
    ['a source of nothing', binary(0x21, 0x11, 12)],
  ])('with %s is refused', (_, bytes) => {
    expect(() => read(bytes)).toThrow(ProtocolError);
  });
});
