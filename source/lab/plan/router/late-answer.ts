/**
 * An answer after 6 s, as RFC 5382 (REQ-4) demands it: until then a NAT says
 * nothing to an unsolicited SYN, and if a SYN of that connection has left
 * meanwhile, it says nothing at all. The kernel cannot wait with an answer. So a
 * copy of the SYN goes into `late0`, and a line of 6 s leads from there to `late1`,
 * where it is rejected, or dropped. Connection tracking never sees the copy.
 */
import { mac } from '../addresses.ts';
import type { Site } from '../description.ts';
import type { Link } from '../namespaces.ts';

/** RFC 5382, REQ-4: "for at least 6 seconds after the packet is received". */
const LATE_MS = 6000;
/** Bounds what is remembered of the SYNs that have left: a second longer than a copy is under way. */
const REMEMBERED_SECONDS = 7;
/** Bounds the SYNs that are remembered. A spray has 1,024. */
const MAX_REMEMBERED = 65_536;
/** Leads to `late0`, and is nobody's address (RFC 7600). */
const lateAddress = '192.0.0.8';

/** Whether a site answers late. */
export function answersLate({ unsolicited }: Pick<Site, 'unsolicited'>): boolean {
  return unsolicited === 'icmp-late';
}

/** The line in a router on which the copies are under way. */
export function lateLink(namespace: string, site: string, number: number): Link {
  return {
    name: `${site}.late`,
    above: { namespace, device: 'late0', mac: mac(number, 6) },
    below: { namespace, device: 'late1', mac: mac(number, 7) },
    line: { delayMs: LATE_MS },
  };
}

/** Lines for `ip -batch`. */
export function lateRoutes(number: number): string[] {
  return [
    'link set dev late0 up',
    'link set dev late1 up',
    `route add ${lateAddress}/32 dev late0`,
    `neigh add ${lateAddress} lladdr ${mac(number, 7)} dev late0 nud permanent`,
  ];
}

/** The set and the chains of the table `ip site`. The zone of connection tracking must not be set for a copy. */
export const lateSections: readonly string[] = [
  `set outbound { type ipv4_addr . inet_service . ipv4_addr . inet_service; flags dynamic,timeout; timeout ${REMEMBERED_SECONDS}s; size ${MAX_REMEMBERED}; }`,
  'chain back {',
  'type filter hook prerouting priority -350;',
  'iifname "late1" ip saddr . tcp sport . ip daddr . tcp dport @outbound drop',
  'iifname "late1" notrack',
  '}',
  'chain sent {',
  'type filter hook postrouting priority srcnat + 20;',
  'iifname "lan" tcp flags & (syn | ack) == syn update @outbound { ip daddr . tcp dport . ip saddr . tcp sport }',
  '}',
];

/** What the chain that forwards does before it drops. `reject`: the answer. */
export function lateAnswer(reject: string): readonly string[] {
  return [`iifname "late1" ${reject}`, `tcp flags & (syn | ack) == syn dup to ${lateAddress} device "late0"`];
}
