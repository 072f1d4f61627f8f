/**
 * Reads an address literal: its family, how far it reaches, its canonical
 * spelling, and where packets to it end. Addresses from outside become
 * canonical as they come in: those in a stranger's text when it is read, those
 * of sockets, names and settings when they are asked for. So two addresses are
 * equal if their texts are.
 */

import ipaddr from 'ipaddr.js';
import type { Family, Path } from '../events.ts';

/**
 * How far an address reaches. `private` includes the shared space of carriers
 * (100.64/10, RFC 6598). `other` is everything that is not a unicast address of
 * a host: unspecified, multicast, broadcast, documentation, translation,
 * tunnels, reserved, and every part of IPv6 that was never allocated (RFC 4291
 * section 2.4).
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

/** Every global unicast address that is or was allocated lies in this block (RFC 4291 section 2.4, IANA's registry). */
const allocated: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}

/** The prefixes of IPv6 addresses that carry an IPv4 one, and the byte at which the IPv4 address starts. */
const carryingPrefixes: readonly { readonly prefix: readonly number[]; readonly at: number }[] = [
  // NAT64, 64:ff9b::/96 (RFC 6052 section 2.1). A network may use a prefix of its own instead, which only it knows.
  { prefix: [0, 0x64, 0xff, 0x9b, ...zeros(8)], at: 12 },
  // 6to4, 2002::/16 (RFC 3056 section 2).
  { prefix: [0x20, 0x02], at: 2 },
  // IPv4-translated, ::ffff:0:0:0/96 (RFC 2765 section 2.1).
  { prefix: [...zeros(8), 0xff, 0xff, 0, 0], at: 12 },
  // IPv4-compatible, ::/96 (RFC 4291 section 2.5.5.1).
  { prefix: zeros(12), at: 12 },
];

/** `::` and `::1` match the IPv4-compatible prefix, but carry no IPv4 address. */
const carryingNothing: ReadonlySet<string> = new Set(['unspecified', 'loopback']);

/**
 * A zone is an interface name of Linux, macOS or Windows; RFC 4007 leaves its
 * form to the system. The library accepts only letters and digits in it and
 * would refuse `fe80::1%eth0.100`, so it never sees a zone.
 */
const zoned = /^(?<base>[^%]*)(?<zone>%[\w.-]{1,32})?$/;

/** Whether the text is an IPv4 address in four decimal parts, or an IPv6 address, with or without a zone. */
export function isAddress(text: string): boolean {
  const { base, zone } = split(text);
  return (zone === '' && ipaddr.IPv4.isValidFourPartDecimal(base)) || ipaddr.IPv6.isValid(base);
}

/** One spelling for each address; an IPv4-mapped IPv6 address becomes the IPv4 one. The text must pass `isAddress`. */
export function canonicalAddress(address: string): string {
  const parsed = parse(address);
  return parsed.kind() === 'ipv4' ? parsed.toString() : `${parsed.toString()}${split(address).zone}`;
}

/** A zone names an interface of this machine and means nothing to a peer. */
export function withoutZone(address: string): string {
  return address.replace(/%.*/, '');
}

/** A text that is not an address is `other`. */
export function addressClass(address: string): AddressClass {
  if (!isAddress(address)) {
    return 'other';
  }
  const parsed = parse(address);
  const found = classes[parsed.range()] ?? 'other';
  return found === 'global' && parsed instanceof ipaddr.IPv6 && !parsed.match(allocated) ? 'other' : found;
}

/**
 * The IPv4 address that an IPv6 one carries, or undefined. A tunnel or a
 * translator passes packets on to it. An IPv4-mapped address is the IPv4
 * address itself, so it carries none. The text must pass `isAddress`.
 */
export function carriedAddress(address: string): string | undefined {
  const parsed = parse(address);
  if (parsed.kind() === 'ipv4' || carryingNothing.has(parsed.range())) {
    return undefined;
  }
  const bytes = Uint8Array.from(parsed.toByteArray());
  const found = carryingPrefixes.find(({ prefix }) => prefix.every((byte, index) => bytes[index] === byte));
  return found && addressOf(bytes.subarray(found.at, found.at + 4));
}

/** The canonical address at which packets to it end. A text that is not an address, as of a closed socket, stays as it is. */
export function destinationOf(address: string): string {
  if (!isAddress(address)) {
    return address;
  }
  return carriedAddress(address) ?? canonicalAddress(address);
}

/** An IPv4-mapped address, which a socket that listens on both families reports, counts as 4. The text must pass `isAddress`. */
export function familyOf(address: string): Family {
  return parse(address).kind() === 'ipv4' ? 4 : 6;
}

/** 4 or 16 bytes in network order, without the zone. The text must pass `isAddress`. */
export function addressBytes(address: string): Uint8Array {
  return Uint8Array.from(parse(address).toByteArray());
}

/** The address that 4 or 16 bytes stand for; undefined for any other number of bytes. */
export function addressOf(bytes: Uint8Array): string | undefined {
  return bytes.length === 4 || bytes.length === 16
    ? canonicalAddress(ipaddr.fromByteArray([...bytes]).toString())
    : undefined;
}

/** Whether the address lies in a network like `192.168.1.2/24`. The network has no zone. */
export function isInNetwork(address: string, network: string): boolean {
  return isAddress(address) && ipaddr.isValidCIDR(network) && networkMatcher([network])(address);
}

/** Whether an address lies in any of these networks. They are parsed once, because thousands of addresses may be asked about. */
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

/** `lan` for addresses that only a neighbour can have: loopback, private, link-local, unique-local. */
export function pathOf(address: string): Exclude<Path, 'relay'> {
  const reach = addressClass(address);
  return reach === 'global' || reach === 'other' ? 'direct' : 'lan';
}

/** A network of IPv4-mapped addresses becomes the IPv4 network. */
function parseNetwork(network: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const [base, bits] = ipaddr.parseCIDR(network);
  return base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress() && bits >= 96
    ? [base.toIPv4Address(), bits - 96]
    : [base, bits];
}

/** The library reads `::1.2.3.4` as IPv4-mapped; everybody else reads it as `::102:304` (RFC 4291 section 2.5.5.1). */
function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  return ipaddr.process(split(address).base.replace(/^::(?=\d+\.)/, '::0:'));
}

/** Both are empty if the text after a percent sign is not a zone. */
function split(text: string): { base: string; zone: string } {
  const { base = '', zone = '' } = zoned.exec(text)?.groups ?? {};
  return { base, zone };
}

/** Takes those of one kind and the others in turn, as RFC 8305 takes families. Among its kind each keeps its place. */
export function inTurn<One>(all: readonly One[], isFirst: (one: One) => boolean): One[] {
  const first = all.filter(isFirst);
  const others = all.filter((one) => !isFirst(one));
  return Array.from({ length: Math.max(first.length, others.length) }, (_, index) => [
    ...first.slice(index, index + 1),
    ...others.slice(index, index + 1),
  ]).flat();
}
