/**
 * A site with IPv6 alone, as many mobile networks are: a NAT64 (tayga) and a resolver that knows it (unbound) on one
 * more host of the inside network. tayga gives each host an IPv4 address of its own, so what the site's router does with
 * IPv4 is what the outside sees of the host.
 */
import type { PlacedSite } from '../addresses.ts';
import type { Command } from '../namespaces.ts';

/** In the lab's own /run, so that it ends with the lab. */
const folder = '/run/nat64';

/** RFC 6052, section 2.1. */
export const nat64Prefix = '64:ff9b::/96';
/** The IPv4 addresses that tayga gives to hosts. Of them only the site's router knows. */
export const nat64Pool = '192.168.255.0/24';
const poolRouter = '192.168.255.1';

/** The last byte of its address in the inside network, beside that of a proxy. */
const NAT64_BYTE = 201;

/** The rendezvous by name, so that names are tried, too. */
export const rendezvousName = 'rendezvous.lab.test';

/** The namespace of a site's NAT64. */
export function nat64Name(site: string): string {
  return `${site}.nat64`;
}

export function nat64Address({ inside }: Pick<PlacedSite, 'inside'>): string {
  return `${inside}.${NAT64_BYTE}`;
}

/** It is the resolver of the site, too. */
export function nat64Address6({ inside6 }: Pick<PlacedSite, 'inside6'>): string {
  return `${inside6}:${NAT64_BYTE.toString(16)}`;
}

/** tayga answers from an address of its own when a packet cannot go on. */
function translatorAddress6({ inside6 }: PlacedSite): string {
  return `${inside6}:64`;
}

/** Starts tayga and unbound. `names` are the IPv4 addresses of names that the resolver knows. */
export function nat64Commands(placed: PlacedSite, names: Readonly<Record<string, string>>): Command[] {
  const namespace = nat64Name(placed.name);
  const own = `${folder}/${placed.name}`;
  const tayga = [
    'tun-device nat64',
    `ipv4-addr ${poolRouter}`,
    `ipv6-addr ${translatorAddress6(placed)}`,
    `prefix ${nat64Prefix}`,
    `dynamic-pool ${nat64Pool}`,
    `data-dir ${own}`,
    '',
  ];
  const start = [
    `mkdir -p ${own}`,
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
    'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding',
    `cat > ${own}/tayga.conf`,
    `tayga -c ${own}/tayga.conf --mktun`,
    'ip link set nat64 up',
    `ip route add ${nat64Pool} dev nat64`,
    `ip -6 route add ${nat64Prefix} dev nat64`,
    `exec tayga -c ${own}/tayga.conf -p ${own}/tayga.pid`,
  ];
  return [
    { namespace, argv: ['sh', '-ec', start.join('\n')], input: tayga.join('\n') },
    ...resolverCommands(placed, names),
  ];
}

/** A resolver that makes IPv6 addresses of IPv4 ones (RFC 6147). All that it knows is in one zone, for nothing leads to others. */
function resolverCommands(placed: PlacedSite, names: Readonly<Record<string, string>>): Command[] {
  const namespace = nat64Name(placed.name);
  const own = `${folder}/${placed.name}`;
  const zone = [
    '. 60 IN SOA . . 1 60 60 60 60',
    '. 60 IN NS .',
    // RFC 7050, section 8.2.
    'ipv4only.arpa. 60 IN A 192.0.0.170',
    'ipv4only.arpa. 60 IN A 192.0.0.171',
    ...Object.entries(names).map(([name, address]) => `${name}. 60 IN A ${address}`),
    '',
  ];
  const settings = [
    'server:',
    `  interface: ${nat64Address6(placed)}`,
    '  access-control: ::/0 allow',
    '  module-config: "dns64 iterator"',
    `  dns64-prefix: ${nat64Prefix}`,
    '  do-daemonize: yes',
    '  use-syslog: no',
    '  username: ""',
    '  chroot: ""',
    `  directory: "${own}"`,
    `  pidfile: "${own}/unbound.pid"`,
    // Its own zones would answer before it asks ours.
    '  local-zone: "test." nodefault',
    '  local-zone: "arpa." nodefault',
    'auth-zone:',
    '  name: "."',
    `  zonefile: "${own}/zone"`,
    '  for-upstream: yes',
    '  for-downstream: no',
    'remote-control:',
    '  control-enable: no',
    '',
  ];
  return [
    { namespace, argv: ['sh', '-ec', `cat > ${own}/zone`], input: zone.join('\n') },
    {
      namespace,
      argv: ['sh', '-ec', `cat > ${own}/unbound.conf\nexec unbound -c ${own}/unbound.conf`],
      input: settings.join('\n'),
    },
  ];
}
