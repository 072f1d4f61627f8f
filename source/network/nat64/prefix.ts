/**
 * A NAT64 leads from a network with IPv6 alone to IPv4: packets to an IPv6
 * address under its prefix go on to the IPv4 address that it carries (RFC 6052).
 */
import { addressBytes, addressClass, addressOf, familyOf, isAddress } from '../address.ts';

/** The prefix of a NAT64. */
export interface Pref64 {
  /** 16 bytes. Those after the prefix are 0. */
  readonly bytes: Uint8Array;
  /** In bits. */
  readonly length: number;
}

/** RFC 6052, section 2.2. The longest is tried first, because an address may seem to carry IPv4 at a shorter one, too. */
const lengths = [96, 64, 56, 48, 40, 32] as const;
/** The byte that every prefix of up to 64 bits leaves out: it is always 0. */
const RESERVED_BYTE = 8;

/** The addresses of `ipv4only.arpa`, and of nothing else (RFC 7050, section 2.2). */
const wellKnownIpv4 = new Set(['192.0.0.170', '192.0.0.171']);
/** 64:ff9b::/96 leads to global addresses alone (RFC 6052, section 3.1). */
const wellKnown = '64:ff9b::';
/** A network may use one of these beside its own global addresses (RFC 8215). */
const localUse = [0x00, 0x64, 0xff, 0x9b, 0x00, 0x01] as const;

/** Which bytes of an address carry the IPv4 address. */
function places(length: number): number[] {
  const from = length / 8;
  return [0, 1, 2, 3].map((n) => from + n + (length < 96 && from + n >= RESERVED_BYTE ? 1 : 0));
}

/** The prefix under which a resolver has put the address of `ipv4only.arpa`; undefined if there is none. */
export function prefixOf(answer: string): Pref64 | undefined {
  const bytes = addressBytes(answer);
  const length = lengths.find((one) => {
    const carried = addressOf(Uint8Array.from(places(one), (at) => bytes[at] ?? 0));
    return carried !== undefined && wellKnownIpv4.has(carried) && (one === 96 || bytes[RESERVED_BYTE] === 0);
  });
  if (length === undefined) {
    return undefined;
  }
  const prefix = { bytes: bytes.map((byte, at) => (at < length / 8 ? byte : 0)), length };
  return isFit(prefix) ? prefix : undefined;
}

/** A resolver must not lead us to this machine or to a link of it. */
function isFit({ bytes }: Pref64): boolean {
  const base = addressOf(bytes) ?? '';
  const reach = addressClass(base);
  const isLocalUse = localUse.every((byte, at) => bytes[at] === byte);
  return base === wellKnown || isLocalUse || reach === 'global' || reach === 'unique-local';
}

/** As a person writes it: `64:ff9b::/96`. */
export function formatPrefix({ bytes, length }: Pref64): string {
  return `${addressOf(bytes)}/${length}`;
}

/** Where an IPv4 address is reached through the NAT64; undefined if it leads there to no host. */
export function translated(address: string, { bytes, length }: Pref64): string | undefined {
  if (!isAddress(address) || familyOf(address) !== 4 || !leadsTo(address, bytes)) {
    return undefined;
  }
  const wide = Uint8Array.from(bytes);
  const at = places(length);
  for (const [index, byte] of addressBytes(address).entries()) {
    wide[at[index] ?? 0] = byte;
  }
  return addressOf(wide);
}

/** The IPv4 address to which the NAT64 leads from an IPv6 one; undefined if that is not under its prefix. */
export function untranslated(address: string, { bytes, length }: Pref64): string | undefined {
  if (!isAddress(address)) {
    return undefined;
  }
  const wide = addressBytes(address);
  const isUnder = wide.length === 16 && bytes.every((byte, at) => at >= length / 8 || wide[at] === byte);
  if (!isUnder) {
    return undefined;
  }
  const carried = addressOf(Uint8Array.from(places(length), (at) => wide[at] ?? 0));
  return carried !== undefined && leadsTo(carried, bytes) ? carried : undefined;
}

function leadsTo(address: string, prefix: Uint8Array): boolean {
  const reach = addressClass(address);
  return reach === 'global' || (reach === 'private' && addressOf(prefix) !== wellKnown);
}
