import * as fc from 'fast-check';
import { addressBytes, familyOf } from '../../../source/network/address.ts';

export interface ProxiedConnection {
  readonly address: string;
  readonly port: number;
  readonly destination: string;
  readonly destinationPort: number;
}

export function textHeader({ address, port, destination, destinationPort }: ProxiedConnection): Buffer {
  return Buffer.from(
    `PROXY TCP${familyOf(address)} ${address} ${destination} ${port} ${destinationPort}\r\n`,
  );
}

/** `tlvs`: the bytes after the addresses. */
export function binaryHeader(
  { address, port, destination, destinationPort }: ProxiedConnection,
  tlvs: Uint8Array = new Uint8Array(0),
): Buffer {
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(port);
  ports.writeUInt16BE(destinationPort, 2);
  const body = Buffer.concat([addressBytes(address), addressBytes(destination), ports, tlvs]);
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n\u0021\0\0\0', 'latin1');
  head[13] = familyOf(address) === 4 ? 0x11 : 0x21;
  head.writeUInt16BE(body.length, 14);
  return Buffer.concat([head, body]);
}

const port = fc.integer({ min: 1, max: 65_535 });
export const proxiedConnections: fc.Arbitrary<ProxiedConnection> = fc
  .constantFrom(fc.ipV4(), fc.constantFrom('2001:db8::1', 'fe80::1', '::1'))
  .chain((address) => fc.record({ address, port, destination: address, destinationPort: port }));

export const proxyHeaders: fc.Arbitrary<Uint8Array> = fc.oneof(
  proxiedConnections.map(textHeader),
  fc
    .tuple(proxiedConnections, fc.uint8Array({ maxLength: 60 }))
    .map(([one, tlvs]) => binaryHeader(one, tlvs)),
  fc
    .constantFrom('PROXY UNKNOWN\r\n', 'PROXY UNKNOWN ffff:: ffff:: 1 1\r\n')
    .map((text) => Buffer.from(text)),
);
