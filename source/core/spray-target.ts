import ipaddr from 'ipaddr.js';
import { addressClass } from './address.ts';

/** Ranges for documentation and benchmarks (RFC 5737, RFC 2544): nobody on the internet has them, labs do. */
const labRanges = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '198.18.0.0/15'].map((range) =>
  ipaddr.IPv4.parseCIDR(range),
);

/**
 * Whether a peer's mapped address may be sprayed: a burst of dials goes to
 * ordinary unicast addresses alone, never into somebody's private network, and
 * never to the rendezvous, which could be made to attack itself (design 3.5).
 */
export function mayBeSprayed(address: string, serverAddress: string): boolean {
  if (address === serverAddress) return false;
  if (addressClass(address) === 'global') return true;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' && labRanges.some((range) => parsed.match(range));
}
