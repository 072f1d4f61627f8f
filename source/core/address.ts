/** What an address literal says of itself: family, reach, and its one canonical spelling. */

import ipaddr from 'ipaddr.js';
import type { Family, Path } from '../events.ts';

/**
 * How far an address reaches. `private` includes the shared space of carriers
 * (100.64/10, RFC 6598); `other` is everything that is no unicast address of a
 * host: unspecified, multicast, broadcast, documentation, translation, reserved.
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
  const { base, zone } = split(address);
  const parsed = ipaddr.process(base);
  return parsed.kind() === 'ipv4' ? parsed.toString() : `${parsed.toString()}${zone}`;
}

/** Anything that is no address is `other`. */
export function addressClass(address: string): AddressClass {
  return isAddress(address) ? (classes[ipaddr.process(split(address).base).range()] ?? 'other') : 'other';
}

/** 4 also for an IPv4-mapped IPv6 address, as sockets that listen on both report it. Takes what `isAddress`. */
export function familyOf(address: string): Family {
  return ipaddr.process(split(address).base).kind() === 'ipv4' ? 4 : 6;
}

/** In network order, 4 or 16 of them. Takes what `isAddress`, and loses the zone. */
export const addressBytes = (address: string): Uint8Array =>
  Uint8Array.from(ipaddr.process(split(address).base).toByteArray());

/** The other way; undefined for any other number of bytes. */
export const addressOf = (bytes: Uint8Array): string | undefined =>
  bytes.length === 4 || bytes.length === 16
    ? canonicalAddress(ipaddr.fromByteArray([...bytes]).toString())
    : undefined;

/** Whether the address lies in a network like `192.168.1.2/24`. Both as literals, the network's zone aside. */
export function isInNetwork(address: string, network: string): boolean {
  if (!isAddress(address) || !ipaddr.isValidCIDR(network)) return false;
  const own = ipaddr.process(split(address).base);
  const [base, bits] = ipaddr.parseCIDR(network);
  return own.kind() === base.kind() && own.match(base, bits);
}

/** Whether an address lies in any of these networks, which are read once: for whom it is asked of thousands. */
export function networkMatcher(networks: readonly string[]): (address: string) => boolean {
  const parsed = networks.map((network) => ipaddr.parseCIDR(network));
  if (parsed.length === 0) return () => false;
  return (address) => {
    const own = ipaddr.process(split(address).base);
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

/** Both empty where what follows a percent sign is no zone. */
function split(text: string): { base: string; zone: string } {
  const { base = '', zone = '' } = zoned.exec(text)?.groups ?? {};
  return { base, zone };
}
