/**
 * What an address literal says of itself: family, reach, its one canonical
 * spelling, and where packets to it end. Addresses from outside become
 * canonical where they come in: texts of strangers when they are read, those of
 * sockets, names and settings when they are asked for. So two are the same
 * where their texts are.
 */

import ipaddr from 'ipaddr.js';
import type { Family, Path } from '../events.ts';

/**
 * How far an address reaches. `private` includes the shared space of carriers
 * (100.64/10, RFC 6598); `other` is everything that is no unicast address of a
 * host: unspecified, multicast, broadcast, documentation, translation, tunnels,
 * reserved, and what of IPv6 was never given out (RFC 4291 section 2.4).
 */
export type AddressClass = 'loopback' | 'private' | 'link-local' | 'unique-local' | 'global' | 'other';

const classes: Readonly<Partial<Record<string, AddressClass>>> = {
  loopback: 'loopback',
  private: 'private',
  carrierGradeNat: 'private',
  linkLocal: 'link-local',
  uniqueLocal: 'unique-local',
  unicast: 'global',
};

/** All that is or was given out as global unicast (RFC 4291 section 2.4, IANA's registry). */
const givenOut: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}

/** How IPv6 addresses carry IPv4 ones: what they begin with, and at which byte the IPv4 address stands. */
const carriers: readonly { readonly prefix: readonly number[]; readonly at: number }[] = [
  // NAT64, 64:ff9b::/96 (RFC 6052 section 2.1). Where it stands behind a local prefix, its network alone knows.
  { prefix: [0, 0x64, 0xff, 0x9b, ...zeros(8)], at: 12 },
  // 6to4, 2002::/16 (RFC 3056 section 2).
  { prefix: [0x20, 0x02], at: 2 },
  // IPv4-translated, ::ffff:0:0:0/96 (RFC 2765 section 2.1).
  { prefix: [...zeros(8), 0xff, 0xff, 0, 0], at: 12 },
  // IPv4-compatible, ::/96 (RFC 4291 section 2.5.5.1).
  { prefix: zeros(12), at: 12 },
];

/** `::` and `::1` would be IPv4-compatible. */
const noCarriers: ReadonlySet<string> = new Set(['unspecified', 'loopback']);

/**
 * Interface names on Linux, macOS and Windows are of this form; RFC 4007 leaves
 * them to the system. The library knows letters and digits alone, and would
 * refuse `fe80::1%eth0.100`: so it never sees a zone.
 */
const zoned = /^(?<base>[^%]*)(?<zone>%[\w.-]{1,32})?$/;

/** Whether the text is an IPv4 address in four decimal parts, or an IPv6 address, with or without a zone. */
export function isAddress(text: string): boolean {
  const { base, zone } = split(text);
  return (zone === '' && ipaddr.IPv4.isValidFourPartDecimal(base)) || ipaddr.IPv6.isValid(base);
}

/** One spelling for each address; an IPv4-mapped IPv6 address becomes the IPv4 one. Takes what `isAddress`. */
export function canonicalAddress(address: string): string {
  const parsed = parse(address);
  return parsed.kind() === 'ipv4' ? parsed.toString() : `${parsed.toString()}${split(address).zone}`;
}

/** Anything that is no address is `other`. */
export function addressClass(address: string): AddressClass {
  if (!isAddress(address)) {
    return 'other';
  }
  const parsed = parse(address);
  const found = classes[parsed.range()] ?? 'other';
  return found === 'global' && parsed instanceof ipaddr.IPv6 && !parsed.match(givenOut) ? 'other' : found;
}

/**
 * The IPv4 address that an IPv6 one carries, to which packets go on in a tunnel
 * or translated; undefined where it carries none. An IPv4-mapped one is that
 * IPv4 address itself, and carries none. Takes what `isAddress`.
 */
export function carriedAddress(address: string): string | undefined {
  const parsed = parse(address);
  if (parsed.kind() === 'ipv4' || noCarriers.has(parsed.range())) {
    return undefined;
  }
  const bytes = Uint8Array.from(parsed.toByteArray());
  const carrier = carriers.find(({ prefix }) => prefix.every((byte, index) => bytes[index] === byte));
  return carrier && addressOf(bytes.subarray(carrier.at, carrier.at + 4));
}

/** Where packets to it end, as a canonical address; what is none, as a socket's that is gone, stays as it is. */
export function destinationOf(address: string): string {
  if (!isAddress(address)) {
    return address;
  }
  return carriedAddress(address) ?? canonicalAddress(address);
}

/** 4 also for an IPv4-mapped IPv6 address, as sockets that listen on both report it. Takes what `isAddress`. */
export function familyOf(address: string): Family {
  return parse(address).kind() === 'ipv4' ? 4 : 6;
}

/** In network order, 4 or 16 of them. Takes what `isAddress`, and loses the zone. */
export function addressBytes(address: string): Uint8Array {
  return Uint8Array.from(parse(address).toByteArray());
}

/** The other way; undefined for any other number of bytes. */
export function addressOf(bytes: Uint8Array): string | undefined {
  return bytes.length === 4 || bytes.length === 16
    ? canonicalAddress(ipaddr.fromByteArray([...bytes]).toString())
    : undefined;
}

/** Whether the address lies in a network like `192.168.1.2/24`. Both as literals, the network's zone aside. */
export function isInNetwork(address: string, network: string): boolean {
  return isAddress(address) && ipaddr.isValidCIDR(network) && networkMatcher([network])(address);
}

/** Whether an address lies in any of these networks, which are read once: for whom it is asked of thousands. */
export function networkMatcher(networks: readonly string[]): (address: string) => boolean {
  const parsed = networks.map(parseNetwork);
  if (parsed.length === 0) {
    return () => false;
  }
  return (address) => {
    const own = parse(address);
    return parsed.some(([base, bits]) => own.kind() === base.kind() && own.match(base, bits));
  };
}

/** Whether the text is a network like `192.0.2.0/24` or `2001:db8::/32`. */
export function isNetwork(text: string): boolean {
  const [base = '', bits = '', ...rest] = text.split('/');
  return rest.length === 0 && /^\d{1,3}$/.test(bits) && isAddress(base) && ipaddr.isValidCIDR(text);
}

/** `lan` for what only a neighbour can have: loopback, private, link-local, unique-local. */
export function pathOf(address: string): Exclude<Path, 'relay'> {
  const reach = addressClass(address);
  return reach === 'global' || reach === 'other' ? 'direct' : 'lan';
}

/** One of IPv4-mapped addresses is the IPv4 one that they stand for. */
function parseNetwork(network: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const [base, bits] = ipaddr.parseCIDR(network);
  return base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress() && bits >= 96
    ? [base.toIPv4Address(), bits - 96]
    : [base, bits];
}

/** The library takes `::1.2.3.4` for IPv4-mapped; everybody else takes it for `::102:304` (RFC 4291 section 2.5.5.1). */
function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  return ipaddr.process(split(address).base.replace(/^::(?=\d+\.)/, '::0:'));
}

/** Both empty where what follows a percent sign is no zone. */
function split(text: string): { base: string; zone: string } {
  const { base = '', zone = '' } = zoned.exec(text)?.groups ?? {};
  return { base, zone };
}
