/**
 * Turns a description of a lab into parts of the kernel: namespaces with their
 * addresses, routes and rules, and the links between them. commands.ts turns
 * those into commands, and lab.ts runs the commands.
 */
import { mac, placeSite, rendezvousAddresses, rendezvousAddresses6, type PlacedSite } from './addresses.ts';
import {
  checkDescription,
  hostNames,
  type ContainerWord,
  type LabDescription,
  type Line,
} from './description.ts';
import { fillRouter, routerName } from './router.ts';
import { answersLate, lateLink } from './router/late-answer.ts';
import { machineName, slirpAddress } from './router/container.ts';
import { nat64Prefix, nat64Address, nat64Address6, nat64Name } from './router/nat64.ts';
import { proxyAddress, proxyName } from './router/site-proxy.ts';
import type { Container, Namespace, Link, Topology } from './namespaces.ts';

/** A site's router, and the router above it. */
interface Section {
  readonly placed: PlacedSite;
  readonly router: Namespace;
  readonly above: Namespace;
  readonly parent: Section | undefined;
}

/** Lays out a lab. Throws ERR_USAGE if its description makes no sense. */
export function layOut(description: LabDescription): Topology {
  checkDescription(description);
  const ipv6 = Object.values(description.sites).some((site) => site.ipv6 !== undefined);
  const internet = createNamespace('internet', 'router', ipv6);
  // Packets without a route are dropped, as the internet drops private addresses: no dial may work around a NAT.
  internet.ip.push('route add blackhole default', ...(ipv6 ? ['route add blackhole ::/0'] : []));
  const rendezvous = createNamespace('rendezvous', 'host', ipv6);
  const namespaces = [internet, rendezvous];
  const links = [linkRendezvous(internet, rendezvous, description.rendezvous?.line)];
  const sites: PlacedSite[] = [];
  const containers: Container[] = [];

  function addSitesBehind(parent: Section | undefined) {
    const children = Object.entries(description.sites).filter(
      ([, { behind }]) => behind === parent?.placed.name,
    );
    for (const [sibling, [name, site]] of children.entries()) {
      const isCarrier = Object.values(description.sites).some(({ behind }) => behind === name);
      const place = { number: sites.length + 1, parent: parent?.placed, sibling, isCarrier };
      const placed = placeSite(name, site, place);
      const hasIpv6 = site.ipv6 !== undefined || site.nat64 === true;
      const router = createNamespace(routerName(name), 'router', hasIpv6);
      fillRouter(router, placed);
      const section = { placed, router, above: parent?.router ?? internet, parent };
      sites.push(placed);
      namespaces.push(router);
      links.push(linkRouter(section));
      if (answersLate(site)) {
        links.push(lateLink(router.name, name, placed.number));
      }
      routeInside(section);
      for (const [index, hostName] of hostNames(name, site).entries()) {
        const { container } = site;
        const machine = createNamespace(
          container === undefined ? hostName : machineName(hostName),
          'host',
          hasIpv6,
          site.nat64 === true ? nat64Address6(placed) : undefined,
        );
        namespaces.push(machine);
        links.push(linkHost(machine, section, { index, device: hostName }));
        if (container !== undefined) {
          namespaces.push(containerOn(machine, hostName, container));
          containers.push({ host: hostName, word: container });
        }
      }
      if (site.proxied === true) {
        const proxy = createNamespace(proxyName(name), 'host', false);
        namespaces.push(proxy);
        const addresses = [proxyAddress(placed)];
        links.push(linkService(proxy, section, { device: 'proxy', addresses, end: 8 }));
      }
      if (site.nat64 === true) {
        const nat64 = createNamespace(nat64Name(name), 'host', true);
        namespaces.push(nat64);
        const addresses = [nat64Address(placed), nat64Address6(placed)];
        links.push(linkService(nat64, section, { device: 'nat64', addresses, end: 10 }));
      }
      addSitesBehind(section);
    }
  }
  addSitesBehind(undefined);
  return { namespaces, links, sites, containers };
}

function createNamespace(name: string, role: Namespace['role'], ipv6: boolean, resolver?: string): Namespace {
  return { name, role, ipv6, resolver, addresses: [], ip: ['link set lo up'], rules: [] };
}

function linkRendezvous(internet: Namespace, rendezvous: Namespace, line: Line | undefined): Link {
  const above = { namespace: internet.name, device: 'rendezvous', mac: mac(0, 2) };
  const below = { namespace: rendezvous.name, device: 'wan', mac: mac(0, 1) };
  const { first, gateway, second } = rendezvousAddresses;
  const gateways: string[] = [gateway];
  rendezvous.addresses.push(first, second);
  if (internet.ipv6) {
    gateways.push(rendezvousAddresses6.gateway);
    rendezvous.addresses.push(rendezvousAddresses6.first);
  }
  attach(internet, above.device, {
    own: gateways,
    neighbours: rendezvous.addresses,
    neighbourMac: below.mac,
  });
  attach(rendezvous, below.device, {
    own: rendezvous.addresses,
    neighbours: gateways,
    neighbourMac: above.mac,
    gateways,
  });
  return { name: 'rendezvous', above, below, line };
}

function linkRouter({ above, parent, placed, router }: Section): Link {
  const { name, number, site, up, wanMac } = placed;
  const hasIpv6 = site.ipv6 !== undefined;
  const gateways = hasIpv6 ? [up.gateway, up.gateway6] : [up.gateway];
  const own = hasIpv6 ? [up.own, up.own6] : [up.own];
  const neighbours = [...own, ...router.addresses];
  if (parent === undefined) {
    attach(above, name, { own: gateways, neighbours, neighbourMac: wanMac });
  } else {
    joinLan(above, name);
    attach(above, 'lan', { own: [], neighbours, neighbourMac: wanMac });
  }
  attach(router, 'wan', { own, neighbours: gateways, neighbourMac: up.gatewayMac, gateways });
  return {
    name,
    above: { namespace: above.name, device: name, mac: mac(number, 2) },
    below: { namespace: router.name, device: 'wan', mac: wanMac },
    line: site.line,
  };
}

/** Its links come with the program that connects it. */
function containerOn(machine: Namespace, name: string, word: ContainerWord): Namespace {
  const container = createNamespace(name, 'host', machine.ipv6);
  container.addresses.push(...(word === 'slirp' ? [slirpAddress] : machine.addresses));
  return container;
}

function linkHost(
  host: Namespace,
  { placed, router }: Section,
  { index, device }: { readonly index: number; readonly device: string },
): Link {
  const { inside, inside6, number } = placed;
  const hasIpv4 = placed.site.nat64 !== true;
  host.addresses.push(
    ...(hasIpv4 ? [`${inside}.${2 + index}`] : []),
    ...(host.ipv6 ? [`${inside6}:${(2 + index).toString(16)}`] : []),
  );
  joinLan(router, device);
  attach(host, 'eth0', {
    own: host.addresses,
    gateways: [...(hasIpv4 ? [`${inside}.1`] : []), ...(host.ipv6 ? [`${inside6}:1`] : [])],
  });
  if (!hasIpv4) {
    // Not through the router: connection tracking there would see one direction alone.
    host.ip.push(`route add ${nat64Prefix} via ${nat64Address6(placed)}`);
  }
  return {
    name: host.name,
    above: { namespace: router.name, device, mac: mac(number, 16 + index) },
    below: { namespace: host.name, device: 'eth0', mac: mac(number, 128 + index) },
    line: undefined,
  };
}

/** One more host of the inside network, which serves the others. `end` makes its MAC addresses unique. */
function linkService(
  service: Namespace,
  { placed, router }: Section,
  { device, addresses, end }: { device: string; addresses: readonly string[]; end: number },
): Link {
  const { inside, number } = placed;
  service.addresses.push(...addresses);
  joinLan(router, device);
  attach(service, 'eth0', { own: service.addresses, gateways: [`${inside}.1`] });
  return {
    name: service.name,
    above: { namespace: router.name, device, mac: mac(number, end) },
    below: { namespace: service.name, device: 'eth0', mac: mac(number, end + 1) },
    line: undefined,
  };
}

/** Adds routes to untranslated inside networks, in each namespace above up to the internet. */
function routeInside(section: Section): void {
  const { inside, inside6, site } = section.placed;
  for (let step: Section | undefined = section; step !== undefined; step = step.parent) {
    const { above, placed } = step;
    if (site.mapping === 'none') {
      above.ip.push(`route add ${inside}.0/24 via ${placed.up.own}`);
    }
    if (site.ipv6 !== undefined) {
      above.ip.push(`route add ${inside6}:/64 via ${placed.up.own6}`);
    }
  }
}

function joinLan(router: Namespace, device: string): void {
  router.ip.push(`link set dev ${device} master lan up`);
}

/** Gives a device its addresses, the neighbours behind it, and the default routes through it. */
function attach(
  namespace: Namespace,
  device: string,
  given: {
    own: readonly string[];
    neighbours?: readonly string[];
    neighbourMac?: string;
    gateways?: readonly string[];
  },
): void {
  const { gateways = [], neighbourMac, neighbours = [], own } = given;
  namespace.ip.push(
    `link set dev ${device} up`,
    ...own.map((address) => `address add ${withPrefix(address)} dev ${device}`),
    // Neighbours are set from the start: to ask for one would delay the first packet by a round trip.
    ...neighbours.map((address) => `neigh add ${address} lladdr ${neighbourMac} dev ${device} nud permanent`),
    ...gateways.map((address) => `route add default via ${address}`),
  );
}

function withPrefix(address: string): string {
  // Without duplicate address detection an IPv6 address can be used at once.
  return address.includes(':') ? `${address}/64 nodad` : `${address}/24`;
}
