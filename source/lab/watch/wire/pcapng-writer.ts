/**
 * Writes packets as pcapng (draft-ietf-opsawg-pcapng), which Wireshark reads. The
 * file has an interface for each place and side.
 */

/** The link type of `tcpdump -i any`: Linux cooked capture, version 2. */
export const LINK_SLL2 = 276;

export interface WrittenPacket {
  /** The number of its interface. */
  readonly interface: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly way: 'in' | 'out';
  readonly bytes: Uint8Array;
  /** The bytes that the whole packet had. */
  readonly whole: number;
}

const NANOSECONDS = 9;
const NAME_OPTION = 2;
const TIME_STEP_OPTION = 9;
const FLAGS_OPTION = 2;
const INBOUND = 1;
const OUTBOUND = 2;

/** The beginning of a file: its version, and its interfaces, which are numbered from 0. */
export function pcapngHeader(interfaces: readonly string[], keptBytes: number): Buffer {
  const section = Buffer.alloc(16);
  section.writeUInt32LE(0x1a_2b_3c_4d, 0);
  // Version 1.0, and a section of unknown length.
  section.writeUInt16LE(1, 4);
  section.fill(0xff, 8);
  return Buffer.concat([
    block(0x0a_0d_0d_0a, section),
    ...interfaces.map((name) => {
      const fixed = Buffer.alloc(8);
      fixed.writeUInt16LE(LINK_SLL2, 0);
      fixed.writeUInt32LE(keptBytes, 4);
      return block(
        1,
        Buffer.concat([
          fixed,
          option(NAME_OPTION, Buffer.from(name)),
          option(TIME_STEP_OPTION, Buffer.of(NANOSECONDS)),
          option(0, Buffer.alloc(0)),
        ]),
      );
    }),
  ]);
}

export function pcapngPacket({ at, bytes, interface: number, way, whole }: WrittenPacket): Buffer {
  const fixed = Buffer.alloc(20);
  // Microseconds are all that a number of milliseconds since the epoch holds.
  const time = BigInt(Math.round(at * 1000)) * 1000n;
  fixed.writeUInt32LE(number, 0);
  fixed.writeUInt32LE(Number(time >> 32n), 4);
  fixed.writeUInt32LE(Number(time & 0xff_ff_ff_ffn), 8);
  fixed.writeUInt32LE(bytes.byteLength, 12);
  fixed.writeUInt32LE(whole, 16);
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(way === 'in' ? INBOUND : OUTBOUND);
  return block(
    6,
    Buffer.concat([fixed, padded(bytes), option(FLAGS_OPTION, flags), option(0, Buffer.alloc(0))]),
  );
}

function block(kind: number, body: Uint8Array): Buffer {
  const size = body.byteLength + 12;
  const head = Buffer.alloc(8);
  head.writeUInt32LE(kind, 0);
  head.writeUInt32LE(size, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(size);
  return Buffer.concat([head, body, tail]);
}

function option(code: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.byteLength, 2);
  return Buffer.concat([head, padded(value)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.byteLength % 4)) % 4)]);
}
