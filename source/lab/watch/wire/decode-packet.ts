/**
 * Reads the headers of a captured packet: Linux cooked capture, version 2 (the
 * only one that names the device), then IPv4 or IPv6, then TCP or an error of
 * ICMP with the packet that it is about. Other packets are not looked at.
 */
import ipaddr from 'ipaddr.js';
import { formatEndpoint } from '../../../network/endpoint.ts';
import { LINK_SLL2 } from './pcapng-writer.ts';

export interface DecodedPacket {
  /** The number of the device at which it was seen. */
  readonly device: number;
  readonly way: 'in' | 'out';
  readonly source: string;
  readonly target: string;
  readonly protocol: 'tcp' | 'icmp';
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  /** Bytes of payload. */
  readonly length: number;
  /** The identification of IPv4, or the flow label of IPv6. No router changes it. */
  readonly label: number;
  /** The TCP packet that an ICMP error is about. */
  readonly about?: Quoted;
}

export interface Quoted {
  readonly source: string;
  readonly target: string;
  readonly seq: number;
}

/** What an IP header says. */
interface Ip {
  readonly source: string;
  readonly target: string;
  readonly protocol: number;
  readonly label: number;
  /** Where the next header begins. */
  readonly payload: number;
  /** Where the packet ends, even if it was not captured so far. */
  readonly end: number;
}

const SLL2_BYTES = 20;
const OUTGOING = 4;
const ETHER_IPV4 = 0x08_00;
const ETHER_IPV6 = 0x86_dd;
const TCP = 6;
const ICMP = 1;
const ICMPV6 = 58;
const ICMP_BYTES = 8;
/** RFC 792, and RFC 4443: the type of Destination Unreachable. */
const UNREACHABLE = 3;
const UNREACHABLE6 = 1;
/** ICMP errors carry the packet that they are about; the other types of ICMP have nothing to do with TCP. */
const errorTypes = new Set([3, 5, 11, 12]);
const errorTypes6 = new Set([1, 2, 3, 4]);

/** RFC 9293, section 3.1, in the order in which watch-events.ts names them. */
const flagBits = [
  ['S', 0x02],
  ['A', 0x10],
  ['P', 0x08],
  ['F', 0x01],
  ['R', 0x04],
] as const;

/** Undefined for a packet that is neither TCP nor an ICMP error, or of which too little was captured. */
export function decodePacket(link: number, bytes: Uint8Array): DecodedPacket | undefined {
  if (link !== LINK_SLL2 || bytes.byteLength < SLL2_BYTES) {
    return undefined;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ip = readIp(view, SLL2_BYTES, view.getUint16(0));
  if (ip === undefined) {
    return undefined;
  }
  const seen = { device: view.getUint32(4), way: view.getUint8(10) === OUTGOING ? 'out' : 'in' } as const;
  if (ip.protocol === TCP) {
    return readTcp(view, ip, seen);
  }
  return ip.protocol === ICMP || ip.protocol === ICMPV6 ? readIcmp(view, ip, seen) : undefined;
}

function readIp(view: DataView, at: number, type: number): Ip | undefined {
  if (type === ETHER_IPV4 && view.byteLength >= at + 20) {
    const isLaterFragment = (view.getUint16(at + 6) & 0x1f_ff) !== 0;
    return isLaterFragment
      ? undefined
      : {
          source: address4(view, at + 12),
          target: address4(view, at + 16),
          protocol: view.getUint8(at + 9),
          label: view.getUint16(at + 4),
          payload: at + (view.getUint8(at) & 15) * 4,
          end: at + view.getUint16(at + 2),
        };
  }
  // The lab sends no extension headers.
  return type === ETHER_IPV6 && view.byteLength >= at + 40
    ? {
        source: address6(view, at + 8),
        target: address6(view, at + 24),
        protocol: view.getUint8(at + 6),
        label: view.getUint32(at) & 0x0f_ff_ff,
        payload: at + 40,
        end: at + 40 + view.getUint16(at + 4),
      }
    : undefined;
}

function readTcp(
  view: DataView,
  { end, label, payload, source, target }: Ip,
  seen: Pick<DecodedPacket, 'device' | 'way'>,
): DecodedPacket | undefined {
  if (view.byteLength < payload + 14) {
    return undefined;
  }
  const bits = view.getUint8(payload + 13);
  return {
    ...seen,
    source: formatEndpoint({ address: source, port: view.getUint16(payload) }),
    target: formatEndpoint({ address: target, port: view.getUint16(payload + 2) }),
    protocol: 'tcp',
    flags: flagBits.flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [name])).join(''),
    seq: view.getUint32(payload + 4),
    ack: (bits & 0x10) === 0 ? 0 : view.getUint32(payload + 8),
    length: Math.max(0, end - payload - (view.getUint8(payload + 12) >> 4) * 4),
    label,
  };
}

function readIcmp(
  view: DataView,
  { label, payload, protocol, source, target }: Ip,
  seen: Pick<DecodedPacket, 'device' | 'way'>,
): DecodedPacket | undefined {
  if (view.byteLength < payload + ICMP_BYTES) {
    return undefined;
  }
  const [type, code] = [view.getUint8(payload), view.getUint8(payload + 1)];
  const isIpv6 = protocol === ICMPV6;
  if (!(isIpv6 ? errorTypes6 : errorTypes).has(type)) {
    return undefined;
  }
  const about = readQuoted(view, payload + ICMP_BYTES, isIpv6);
  const isUnreachable = type === (isIpv6 ? UNREACHABLE6 : UNREACHABLE);
  return {
    ...seen,
    source,
    target,
    protocol: 'icmp',
    flags: isUnreachable ? 'unreachable' : `${type}/${code}`,
    seq: 0,
    ack: 0,
    length: 0,
    label,
    ...(about && { about }),
  };
}

/** The beginning of the packet that an ICMP error is about: at least 8 bytes behind its IP header. */
function readQuoted(view: DataView, at: number, isIpv6: boolean): Quoted | undefined {
  const ip = readIp(view, at, isIpv6 ? ETHER_IPV6 : ETHER_IPV4);
  return ip === undefined || ip.protocol !== TCP || view.byteLength < ip.payload + 8
    ? undefined
    : {
        source: formatEndpoint({ address: ip.source, port: view.getUint16(ip.payload) }),
        target: formatEndpoint({ address: ip.target, port: view.getUint16(ip.payload + 2) }),
        seq: view.getUint32(ip.payload + 4),
      };
}

function address4(view: DataView, at: number): string {
  return [0, 1, 2, 3].map((index) => view.getUint8(at + index)).join('.');
}

function address6(view: DataView, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(at + index * 2));
  return new ipaddr.IPv6(groups).toRFC5952String();
}
