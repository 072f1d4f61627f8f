/**
 * The addresses of the lab. It is an internet of its own, so it uses ordinary
 * global ranges: a program under test rightly refuses to dial the ranges that are
 * reserved for documentation.
 *
 * | who | IPv4 | IPv6 |
 * | --- | --- | --- |
 * | rendezvous | 50.0.0.2, 50.0.0.3 | 2a00:5000::2 |
 * | site N, external | 50.0.N.2; rebound, the next ones | |
 * | site N, router's own | 50.0.N.254 | 2a00:5000:0:N::fe |
 * | site N, inside | 192.168.N.0/24; a carrier 100.64.N.0/24; untranslated 50.1.N.0/24 | 2a00:5000:1:N::/64 |
 *
 * A site behind another has its external address in that one's inside network.
 */
import type { Site } from './description.ts';

export const rendezvousAddresses = { gateway: '50.0.0.1', first: '50.0.0.2', second: '50.0.0.3' } as const;
export const rendezvousAddresses6 = { gateway: '2a00:5000::1', first: '2a00:5000::2' } as const;

/** In an inside network, hosts count up from 2, routers count down from 254, and external addresses begin here. */
const FIRST_EXTERNAL_INSIDE = 100;
/** A site can be rebound this often before it gets its first address again. */
const EXTERNALS_INSIDE = 10;
const EXTERNALS_OUTSIDE = 100;

/** The link from a router up to the internet or to another site. */
export interface Uplink {
  readonly gateway: string;
  readonly gatewayMac: string;
  readonly own: string;
  readonly gateway6: string;
  readonly own6: string;
}

/** A site with its place in the lab. */
export interface PlacedSite {
  readonly name: string;
  readonly site: Site;
  /** From 1. It makes the site's addresses unique. */
  readonly number: number;
  readonly parent: PlacedSite | undefined;
  /** How many sites behind the same parent come before this one. */
  readonly sibling: number;
  readonly up: Uplink;
  readonly wanMac: string;
  readonly lanMac: string;
  /** The inside network without its last byte, `192.168.1`. */
  readonly inside: string;
  /** The inside IPv6 network without its last 64 bits, `2a00:5000:1:1:`. */
  readonly inside6: string;
}

/** Gives a site its addresses. `isCarrier` means that other sites are behind it. */
export function placeSite(
  name: string,
  site: Site,
  place: { number: number; parent: PlacedSite | undefined; sibling: number; isCarrier: boolean },
): PlacedSite {
  const { isCarrier, number, parent, sibling } = place;
  return {
    name,
    site,
    number,
    parent,
    sibling,
    up: parent === undefined ? internetUplink(number) : siteUplink(parent, sibling),
    wanMac: mac(number, 1),
    lanMac: mac(number, 3),
    inside: site.network?.slice(0, -'.0/24'.length) ?? defaultInside(site, number, isCarrier),
    inside6: `2a00:5000:1:${hex(number)}:`,
  };
}

/** The external address of a site that has been moved this often. */
export function externalAddress({ number, parent, sibling }: PlacedSite, moves: number): string {
  return parent === undefined
    ? `50.0.${number}.${2 + (moves % EXTERNALS_OUTSIDE)}`
    : `${parent.inside}.${FIRST_EXTERNAL_INSIDE + sibling * EXTERNALS_INSIDE + (moves % EXTERNALS_INSIDE)}`;
}

/** All external addresses that a site can get, the first one first. */
export function externalAddresses(placed: PlacedSite): string[] {
  const count = placed.parent === undefined ? EXTERNALS_OUTSIDE : EXTERNALS_INSIDE;
  return Array.from({ length: count }, (_, moves) => externalAddress(placed, moves));
}

/** A locally administered MAC address. The lab knows them all, so no host has to ask for one. */
export function mac(number: number, end: number): string {
  return `02:00:00:00:${hex(number).padStart(2, '0')}:${hex(end).padStart(2, '0')}`;
}

function internetUplink(number: number): Uplink {
  return {
    gateway: `50.0.${number}.1`,
    gatewayMac: mac(number, 2),
    own: `50.0.${number}.254`,
    gateway6: `2a00:5000:0:${hex(number)}::1`,
    own6: `2a00:5000:0:${hex(number)}::fe`,
  };
}

function siteUplink({ inside, inside6, lanMac }: PlacedSite, sibling: number): Uplink {
  return {
    gateway: `${inside}.1`,
    gatewayMac: lanMac,
    own: `${inside}.${254 - sibling}`,
    gateway6: `${inside6}:1`,
    own6: `${inside6}:${hex(254 - sibling)}`,
  };
}

function defaultInside({ mapping }: Site, number: number, isCarrier: boolean): string {
  if (mapping === 'none') {
    return `50.1.${number}`;
  }
  // RFC 6598: the range for networks between a carrier's NAT and the NATs of its customers.
  return isCarrier ? `100.64.${number}` : `192.168.${number}`;
}

function hex(number: number): string {
  return number.toString(16);
}
