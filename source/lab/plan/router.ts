/**
 * A site's router: its inside network, its rules, and how it gets and drops an
 * external address.
 */
import { externalAddress, mac, type PlacedSite } from './addresses.ts';
import { ipv6Rules, natRules } from './nat-rules.ts';
import { answersLate, lateRoutes } from './router/late-answer.ts';
import { nat64Pool, nat64Address } from './router/nat64.ts';
import { portMappingCommands } from './router/port-mapping.ts';
import { proxyAddress } from './router/site-proxy.ts';
import type { Command, Namespace } from './namespaces.ts';

/** Counts the changes of a site's router. */
export interface Rebinds {
  /** How often it has forgotten all mappings. */
  readonly forgets: number;
  /** How often it has got another external address. */
  readonly moves: number;
}

export const noRebinds: Rebinds = { forgets: 0, moves: 0 };

/** Makes a namespace the site's router. Its links up and down are added later. */
export function fillRouter(router: Namespace, placed: PlacedSite): void {
  const { inside, inside6, lanMac, number, site } = placed;
  router.ip.push(
    `link add name lan address ${lanMac} type bridge mcast_snooping 0`,
    'link set lan up',
    `address add ${inside}.1/24 dev lan`,
  );
  router.rules.push(...routerRules(placed, noRebinds));
  if (site.mapping !== 'none') {
    const external = externalAddress(placed, 0);
    router.addresses.push(external);
    router.ip.push(
      `link add name loop0 address ${mac(number, 4)} type veth peer name loop1 address ${mac(number, 5)}`,
      'link set loop0 up',
      'link set loop1 up',
      ...takeExternal(external, number),
    );
  }
  if (answersLate(site)) {
    router.ip.push(...lateRoutes(number));
  }
  if (router.ipv6) {
    router.ip.push(`address add ${inside6}:1/64 dev lan nodad`);
  }
  if (site.nat64 === true) {
    router.ip.push(
      `route add ${nat64Pool} via ${nat64Address(placed)}`,
      // Without IPv6 of its own the site drops what its hosts send there, as the internet drops what has no route.
      ...(site.ipv6 === undefined ? ['route add blackhole ::/0'] : []),
    );
  }
}

/** Makes a site's router forget all mappings, and gives it another external address if `after` has one more move. */
export function rebindCommands(placed: PlacedSite, before: Rebinds, after: Rebinds): Command[] {
  const { name, number, parent, wanMac } = placed;
  const namespace = routerName(name);
  const forget = rulesCommand(placed, after);
  if (before.moves === after.moves) {
    return [forget];
  }
  const [old, fresh] = [externalAddress(placed, before.moves), externalAddress(placed, after.moves)];
  const above =
    parent === undefined
      ? { namespace: 'internet', device: name }
      : { namespace: routerName(parent.name), device: 'lan' };
  return [
    forget,
    {
      namespace,
      argv: ['ip', '-batch', '-'],
      input: [...dropExternal(old), ...takeExternal(fresh, number), ''].join('\n'),
    },
    {
      namespace: above.namespace,
      argv: ['ip', '-batch', '-'],
      input: `neigh delete ${old} dev ${above.device}\nneigh add ${fresh} lladdr ${wanMac} dev ${above.device} nud permanent\n`,
    },
    ...portMappingOf(placed, after.moves),
  ];
}

/** What makes the router map ports, if it does. */
export function portMappingOf(placed: PlacedSite, moves: number): Command[] {
  const { portMapping } = placed.site;
  return portMapping === undefined ? [] : portMappingCommands(placed, portMapping, moves);
}

/** Replaces a site's rules. Connections that are known in this zone of connection tracking keep their translation. */
export function rulesCommand(placed: PlacedSite, rebinds: Rebinds): Command {
  return {
    namespace: routerName(placed.name),
    argv: ['nft', '-f', '-'],
    input: routerRules(placed, rebinds).join(''),
  };
}

/** The namespace of a site's router. */
export function routerName(site: string): string {
  return `${site}.router`;
}

/** A new zone of connection tracking knows no earlier connection. */
function routerRules(placed: PlacedSite, { forgets, moves }: Rebinds): string[] {
  const { number, site } = placed;
  const state = {
    external: externalAddress(placed, moves),
    proxy: site.proxied === true ? proxyAddress(placed) : undefined,
    number,
    zone: forgets + 1,
  };
  return [natRules(site, state), ...(site.ipv6 === undefined ? [] : [ipv6Rules(site, state)])];
}

/** Routes an external address into the loop, and answers ARP requests for it outside. */
function takeExternal(external: string, number: number): string[] {
  return [
    `route add ${external}/32 dev loop0`,
    `neigh add ${external} lladdr ${mac(number, 5)} dev loop0 nud permanent`,
    `neigh add proxy ${external} dev wan`,
  ];
}

function dropExternal(external: string): string[] {
  return [
    `neigh delete proxy ${external} dev wan`,
    `neigh delete ${external} dev loop0`,
    `route delete ${external}/32 dev loop0`,
  ];
}
