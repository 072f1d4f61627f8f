/**
 * Turns a topology into the commands that make it, in order.
 */
import { rendezvousAddresses } from './addresses.ts';
import type { Link, LinkEnd, Namespace, Topology, Command } from './namespaces.ts';
import type { Line } from './description.ts';
import { noRebinds, portMappingOf } from './router.ts';
import { containerCommands } from './router/container.ts';
import { nat64Commands, rendezvousName } from './router/nat64.ts';
import { proxyCommands } from './router/site-proxy.ts';

/** The commands that make a lab, in the order in which they must run. */
export function buildCommands({ namespaces, links, sites, containers }: Topology): Command[] {
  return [
    { argv: ['ip', '-batch', '-'], input: lines(namespaces.map(({ name }) => `netns add ${name}`)) },
    // The settings come before the links, because a new link copies some of them.
    ...namespaces.map(settingsCommand),
    { argv: ['ip', '-batch', '-'], input: lines(links.filter(({ line }) => !isShaped(line)).map(vethPair)) },
    ...links.flatMap((link) => (isShaped(link.line) ? wireCommands(link, link.line) : [])),
    ...namespaces.map(({ name, ip }) => ({ namespace: name, argv: ['ip', '-batch', '-'], input: lines(ip) })),
    ...namespaces
      .filter(({ rules }) => rules.length > 0)
      .map(({ name, rules }) => ({ namespace: name, argv: ['nft', '-f', '-'], input: rules.join('') })),
    // The program needs its links, and the rules that it adds to.
    ...sites.flatMap((placed) => portMappingOf(placed, noRebinds.moves)),
    ...sites.filter(({ site }) => site.proxied === true).flatMap(proxyCommands),
    ...sites
      .filter(({ site }) => site.nat64 === true)
      .flatMap((placed) => nat64Commands(placed, { [rendezvousName]: rendezvousAddresses.first })),
    ...containers.flatMap(({ host, word }) => containerCommands(host, word)),
  ];
}

function settingsCommand({ name, role, ipv6 }: Namespace): Command {
  const isRouter = role === 'router';
  const settings: Record<string, number> = {
    // With hairpinning and with two addresses of the rendezvous, a packet and its answer use different links.
    'ipv4/conf/all/rp_filter': 0,
    'ipv4/conf/default/rp_filter': 0,
    'ipv4/conf/all/send_redirects': 0,
    'ipv4/conf/default/send_redirects': 0,
    // By default Linux delays a proxy ARP answer by up to 0.8 s, and limits ICMP errors to one a second.
    'ipv4/neigh/default/proxy_delay': 0,
    'ipv4/icmp_ratelimit': 0,
    'ipv6/icmp/ratelimit': 0,
    'ipv6/conf/default/disable_ipv6': ipv6 ? 0 : 1,
    'ipv6/conf/default/accept_ra': 0,
    'ipv6/conf/default/accept_dad': 0,
    ...(isRouter
      ? {
          'ipv4/ip_forward': 1,
          'ipv6/conf/all/forwarding': ipv6 ? 1 : 0,
          // Only a SYN makes a mapping, not a packet in the middle of a connection.
          'netfilter/nf_conntrack_tcp_loose': 0,
          // A watch is told of connections that are older than it, too.
          'netfilter/nf_conntrack_events': 1,
          // Between hosts of one inside network the router is only a switch and filters nothing.
          'bridge/bridge-nf-call-iptables': 0,
          'bridge/bridge-nf-call-ip6tables': 0,
        }
      : {}),
  };
  // Some machines lack some of these files (no IPv6, no bridge filter), and then need no setting.
  const writes = Object.entries(settings).map(
    ([path, value]) => `[ ! -e ${path} ] || echo ${value} > ${path}`,
  );
  return { namespace: name, argv: ['sh', '-ec', `cd /proc/sys/net\n${lines(writes)}`] };
}

function vethPair({ above, below }: Link): string {
  return `link add name ${deviceWords(above)} type veth peer name ${deviceWords(below)}`;
}

function deviceWords({ device: name, mac, namespace }: LinkEnd): string {
  return `${name} address ${mac} netns ${namespace}`;
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}

/**
 * A line with delay, jitter or loss: a virtual switch with a tap device at each
 * end, and wirefilter between the two. (`tc netem` could do the same, but many
 * kernels come without it.)
 */

/** The folder is in the lab's own /run, so that it ends with the lab. */
const socketFolder = '/run/wire';

/** Whether a line needs more than a plain pair of devices. */
export function isShaped(line: Line | undefined): line is Line {
  return line !== undefined && Math.max(line.delayMs ?? 0, line.lossPercent ?? 0) > 0;
}

/** Makes the devices at both ends of a link, and the wire between them. */
function wireCommands({ above, below, name }: Link, line: Line): Command[] {
  const sockets = [`${socketFolder}/${name}.above`, `${socketFolder}/${name}.below`] as const;
  const { delayMs = 0, jitterMs = 0, lossPercent = 0 } = line;
  const delay = `${delayMs}+${jitterMs}U`;
  return [
    { argv: ['mkdir', '-p', socketFolder] },
    switchCommand(above, sockets[0]),
    switchCommand(below, sockets[1]),
    { argv: ['wirefilter', '--daemon', '-v', sockets.join(':'), '-d', delay, '-l', `${lossPercent}`] },
  ];
}

/** Bounds the looks for the device of a switch, 10 ms apart. It has never taken nearly as long. */
const DEVICE_TRIES = 500;

/** With `-daemon` a switch returns when its socket exists, and makes its device a little later. */
function switchCommand({ device, mac, namespace }: LinkEnd, socket: string): Command {
  const setAddress = `ip link set dev ${device} address ${mac}`;
  const script = [
    `vde_switch -tap ${device} -sock ${socket} -daemon`,
    `tries=${DEVICE_TRIES}`,
    `until ${setAddress} 2> /dev/null || [ $((tries -= 1)) -eq 0 ]; do sleep 0.01; done`,
    setAddress,
  ];
  return { namespace, argv: ['sh', '-ec', script.join('\n')] };
}
