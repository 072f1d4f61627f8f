/**
 * The map of a lab: its places in the order in which a ladder shows them, and
 * whose an address is. Inside networks may have the same addresses at several
 * sites, so an address is looked up from where it was seen.
 */
import {
  externalAddresses,
  rendezvousAddresses,
  rendezvousAddresses6,
  type PlacedSite,
} from '../plan/addresses.ts';
import { hostNames, type LabDescription } from '../plan/description.ts';
import type { Link } from '../plan/namespaces.ts';
import { routerName } from '../plan/router.ts';
import { describeSite } from '../plan/site-words.ts';
import { layOut } from '../plan/topology.ts';
import type { WatchedLab } from './watch-events.ts';

/** The namespace between all sites. */
export const internet = 'internet';

export interface LabMap {
  readonly places: WatchedLab['places'];
  /** The routers that are watched, and the internet. */
  readonly routers: readonly string[];
  /** The sites by the names of their routers. */
  readonly sites: ReadonlyMap<string, PlacedSite>;
  /** The longest delay of a line, one way. */
  readonly delayMs: number;
  /** Whether an address belongs to somebody else in the inside network of a router. */
  readonly isInside: (address: string, router: string) => boolean;
  /**
   * Whose address it is for a packet that was seen at one side of a router: a host, a router or
   * the rendezvous. Undefined if it is nobody's.
   */
  readonly ownerOf: (
    address: string,
    place: string,
    side: 'inside' | 'outside' | 'loop',
  ) => string | undefined;
}

export function mapLab(description: LabDescription): LabMap {
  const { links, namespaces, sites } = layOut(description);
  const byRouter = new Map(sites.map((placed) => [routerName(placed.name), placed]));
  const hosts = new Map(namespaces.map(({ addresses, name }) => [name, addresses]));
  /** Below each router (or the internet): the addresses that are its neighbours, and whose they are. */
  const below = new Map<string, Map<string, string>>();
  function add(router: string, addresses: readonly string[], owner: string): void {
    const known = below.get(router) ?? new Map<string, string>();
    below.set(router, known);
    addresses.forEach((address) => known.set(address, owner));
  }
  const { first, gateway, second } = rendezvousAddresses;
  add(internet, [first, second, rendezvousAddresses6.first], 'rendezvous');
  add(internet, [gateway, rendezvousAddresses6.gateway], internet);
  for (const placed of sites) {
    const router = routerName(placed.name);
    const above = placed.parent === undefined ? internet : routerName(placed.parent.name);
    add(router, [`${placed.inside}.1`, `${placed.inside6}:1`], router);
    add(above, [placed.up.own, placed.up.own6, ...externalAddresses(placed)], router);
    for (const host of hostNames(placed.name, placed.site)) {
      const own = hosts.get(host) ?? [];
      add(router, own, host);
      // Addresses that no router translates are known everywhere above.
      for (const routed of routersAbove(placed)) {
        add(
          routed,
          own.filter((address) => address.includes(':') || placed.site.mapping === 'none'),
          host,
        );
      }
    }
  }
  return {
    places: placesOf(sites, hosts),
    routers: [...byRouter.keys(), internet],
    sites: byRouter,
    delayMs: links.reduce((most, link) => Math.max(most, slowest(link)), 0),
    isInside: (address, router) => {
      const owner = below.get(router)?.get(address);
      return owner !== undefined && owner !== router;
    },
    ownerOf: (address, place, side) => {
      const placed = byRouter.get(place);
      const inside = below.get(place)?.get(address);
      if (side === 'inside' && inside !== undefined) {
        return inside;
      }
      const above =
        placed?.parent === undefined ? below.get(internet) : below.get(routerName(placed.parent.name));
      return above?.get(address) ?? below.get(internet)?.get(address);
    },
  };
}

/** The routers above a site, up to the internet. */
function routersAbove({ parent }: PlacedSite): readonly string[] {
  return parent === undefined ? [internet] : [routerName(parent.name), ...routersAbove(parent)];
}

/** A line inside a router, for late answers, holds no packet that is watched. */
function slowest({ above, below, line }: Link): number {
  return above.namespace === below.namespace ? 0 : (line?.delayMs ?? 0) + (line?.jitterMs ?? 0);
}

/** The first site with all that is behind it, from the outermost host on; the rendezvous; and the others, from inside out. */
function placesOf(
  sites: readonly PlacedSite[],
  hosts: ReadonlyMap<string, readonly string[]>,
): WatchedLab['places'] {
  function treeOf(placed: PlacedSite): WatchedLab['places'] {
    const router = {
      name: routerName(placed.name),
      kind: 'router' as const,
      addresses: placed.site.mapping === 'none' ? [] : externalAddresses(placed).slice(0, 1),
      about: describeSite(placed.site).slice(0, 300),
    };
    return [
      router,
      ...sites.filter(({ parent }) => parent === placed).flatMap(treeOf),
      ...hostNames(placed.name, placed.site).map((name) => ({
        name,
        kind: 'host' as const,
        addresses: [...(hosts.get(name) ?? [])],
      })),
    ];
  }
  const [first = [], ...others] = sites.filter(({ parent }) => parent === undefined).map(treeOf);
  const rendezvous = {
    name: 'rendezvous',
    kind: 'rendezvous' as const,
    addresses: [...(hosts.get('rendezvous') ?? [])],
  };
  return [...first.toReversed(), rendezvous, ...others.flat()];
}

/** The address of an endpoint: `[2a00:5000::2]:8877`, `50.0.0.2:8877`, or an address alone. */
export function addressOf(endpoint: string): string {
  if (endpoint.startsWith('[')) {
    return endpoint.slice(1, endpoint.indexOf(']'));
  }
  const colon = endpoint.indexOf(':');
  // A second colon is part of an IPv6 address.
  return colon < 0 || endpoint.includes(':', colon + 1) ? endpoint : endpoint.slice(0, colon);
}
