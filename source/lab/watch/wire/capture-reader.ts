/**
 * Reads what tcpdump and dumpcap write: the classic format (pcap), and its
 * successor (pcapng, draft-ietf-opsawg-pcapng). It keeps a rest until its end has
 * arrived, and no more than one packet or block.
 */
import { PunchlineError } from '../../../errors.ts';

/** One packet as it was captured. */
export interface CapturedPacket {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** A link type of libpcap. */
  readonly link: number;
  /** The beginning of the packet. */
  readonly bytes: Uint8Array;
  /** The bytes that the whole packet had. */
  readonly whole: number;
}

export interface CaptureReader {
  /** The packets that are complete by now. Throws ERR_NETWORK if this is no capture. */
  push(chunk: Uint8Array): CapturedPacket[];
}

/** Bounds a packet or block. Our captures keep 128 bytes of a packet; the blocks about a capture have a few hundred. */
const MAX_BLOCK_BYTES = 65_536;

const SECTION_BLOCK = 0x0a_0d_0d_0a;
const INTERFACE_BLOCK = 1;
const PACKET_BLOCK = 6;
const BYTE_ORDER = 0x1a_2b_3c_4d;

/** The option of an interface that says in which steps its times count. */
const TIME_STEP_OPTION = 9;

/** The magic number of pcap, and how many steps of its times are one second. */
const pcapMagic: ReadonlyMap<number, number> = new Map([
  [0xa1_b2_c3_d4, 1e6],
  [0xa1_b2_3c_4d, 1e9],
]);

const PCAP_HEADER_BYTES = 24;
const PCAP_RECORD_BYTES = 16;

/** Steps from the bytes at the beginning to one packet, or to nothing. */
interface Format {
  /** How many bytes the next packet or block has. Undefined if that is not known yet. */
  readonly sizeOf: (view: DataView) => number | undefined;
  readonly read: (view: DataView) => CapturedPacket | undefined;
}

export function createCaptureReader(): CaptureReader {
  let rest: Uint8Array = new Uint8Array(0);
  let format: Format | undefined;
  return {
    push(chunk) {
      rest = joined(rest, chunk);
      const packets: CapturedPacket[] = [];
      for (;;) {
        const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
        if (format === undefined) {
          const begun = begin(view);
          if (begun === undefined) {
            return packets;
          }
          format = begun.format;
          rest = rest.subarray(begun.skipped);
          continue;
        }
        const size = format.sizeOf(view);
        if (size !== undefined && size > MAX_BLOCK_BYTES) {
          throw broken(`a block of ${size} bytes`);
        }
        if (size === undefined || rest.byteLength < size) {
          return packets;
        }
        const packet = format.read(new DataView(rest.buffer, rest.byteOffset, size));
        rest = rest.subarray(size);
        if (packet !== undefined) {
          packets.push(packet);
        }
      }
    },
  };
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.byteLength === 0) {
    return other;
  }
  const both = new Uint8Array(one.byteLength + other.byteLength);
  both.set(one);
  both.set(other, one.byteLength);
  return both;
}

/** Finds out the format. Undefined if more bytes are needed. */
function begin(view: DataView): { readonly format: Format; readonly skipped: number } | undefined {
  if (view.byteLength < 4) {
    return undefined;
  }
  if (view.getUint32(0) === SECTION_BLOCK) {
    return { format: pcapng(), skipped: 0 };
  }
  for (const isLittle of [true, false]) {
    const steps = pcapMagic.get(view.getUint32(0, isLittle));
    if (steps !== undefined) {
      return view.byteLength < PCAP_HEADER_BYTES
        ? undefined
        : {
            format: pcap(isLittle, steps, view.getUint32(20, isLittle) & 0xf_ff_ff_ff),
            skipped: PCAP_HEADER_BYTES,
          };
    }
  }
  throw broken('an unknown format');
}

function pcap(isLittle: boolean, steps: number, link: number): Format {
  return {
    sizeOf: (view) =>
      view.byteLength < PCAP_RECORD_BYTES ? undefined : PCAP_RECORD_BYTES + view.getUint32(8, isLittle),
    read: (view) => ({
      at: view.getUint32(0, isLittle) * 1000 + (view.getUint32(4, isLittle) * 1000) / steps,
      link,
      bytes: copied(view, PCAP_RECORD_BYTES, view.getUint32(8, isLittle)),
      whole: view.getUint32(12, isLittle),
    }),
  };
}

interface Interface {
  readonly link: number;
  /** Steps of its times in one second. */
  readonly steps: bigint;
}

function pcapng(): Format {
  let isLittle = true;
  let interfaces: Interface[] = [];
  return {
    sizeOf(view) {
      if (view.byteLength < 12) {
        return undefined;
      }
      if (view.getUint32(0) === SECTION_BLOCK) {
        isLittle = view.getUint32(8, true) === BYTE_ORDER;
      }
      const size = view.getUint32(4, isLittle);
      if (size < 12 || size % 4 !== 0) {
        throw broken(`a block of ${size} bytes`);
      }
      return size;
    },
    read(view) {
      const kind = view.getUint32(0, isLittle);
      if (kind === SECTION_BLOCK) {
        interfaces = [];
      } else if (kind === INTERFACE_BLOCK && view.byteLength >= 20) {
        interfaces.push({ link: view.getUint16(8, isLittle), steps: stepsOf(view, isLittle) });
      } else if (kind === PACKET_BLOCK && view.byteLength >= 32) {
        return packetOf(view, isLittle, interfaces);
      }
      return undefined;
    },
  };
}

function packetOf(view: DataView, isLittle: boolean, interfaces: readonly Interface[]): CapturedPacket {
  const from = interfaces[view.getUint32(8, isLittle)];
  const kept = view.getUint32(20, isLittle);
  if (from === undefined || 28 + kept > view.byteLength) {
    throw broken('a packet that does not fit its block');
  }
  const time = (BigInt(view.getUint32(12, isLittle)) << 32n) + BigInt(view.getUint32(16, isLittle));
  // Nanoseconds since the epoch do not fit into a number.
  const seconds = time / from.steps;
  return {
    at: Number(seconds) * 1000 + (Number(time % from.steps) * 1000) / Number(from.steps),
    link: from.link,
    bytes: copied(view, 28, kept),
    whole: view.getUint32(24, isLittle),
  };
}

/** By default, times count in microseconds. Otherwise an option holds a power of 10, or of 2 if its first bit is set. */
function stepsOf(view: DataView, isLittle: boolean): bigint {
  for (let offset = 16; offset + 4 <= view.byteLength - 4;) {
    const [code, length] = [view.getUint16(offset, isLittle), view.getUint16(offset + 2, isLittle)];
    if (code === TIME_STEP_OPTION && length === 1) {
      const power = view.getUint8(offset + 4);
      return power < 128 ? 10n ** BigInt(power) : 2n ** BigInt(power & 127);
    }
    if (code === 0) {
      break;
    }
    offset += 4 + Math.ceil(length / 4) * 4;
  }
  return 1_000_000n;
}

/** A copy, so that a packet does not keep the whole chunk in memory. */
function copied(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
}

function broken(what: string): PunchlineError {
  return new PunchlineError('ERR_NETWORK', `a capture cannot be read: it holds ${what}`, {
    hint: 'Another version of tcpdump or dumpcap may help.',
  });
}
