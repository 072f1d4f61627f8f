/**
 * Which pairs of NATs can be connected directly at all: the limit that the
 * matrix is measured against. Pure.
 */
import type { Site } from './plan/description.ts';

/**
 * A SYN that comes in needs an endpoint that is open for it. Where a side lets
 * in more than the one endpoint that it dialled, the other can find it, by
 * prediction or with a spray. Where both filter by address and port, both ends
 * must be right at once: it is enough that one port stays the same, for then
 * only one is looked for, or that both are counted. Else each try moves a port
 * that nobody can know (design, 4.9).
 */
export function isReachable(one: Site, other: Site): boolean {
  // Nothing is translated there, so that both endpoints are known.
  if (one.ipv6 !== undefined && other.ipv6 !== undefined) return true;
  if (!isStrict(one) || !isStrict(other)) return true;
  if (isConstant(one) || isConstant(other)) return true;
  return isCounted(one) && isCounted(other);
}

const isStrict = ({ filtering }: Site): boolean => filtering === 'address-and-port-dependent';

const isConstant = ({ mapping }: Site): boolean => mapping === 'none' || mapping === 'endpoint-independent';

const isCounted = ({ mapping, ports }: Site): boolean =>
  mapping === 'address-and-port-dependent' && ports === 'sequential';
