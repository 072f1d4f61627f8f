import type { Endpoint, Path } from '../events.ts';
import { pathOf } from '../core/address.ts';
import type { Match } from './introduction.ts';
import type { Rendezvous } from './rendezvous.ts';

/**
 * How a channel to an endpoint runs, as far as a match knows. A private address
 * means a neighbour, unless it is the endpoint that the rendezvous saw while we
 * are behind a NAT ourselves: then "outside" is private too, as behind a
 * carrier's NAT or in a lab.
 */
export function pathOfMatch(
  remote: Endpoint,
  { match, rendezvous }: { readonly match: Match; readonly rendezvous: Rendezvous },
): Path {
  const seenOutside = remote.address === match.peerMapped.address;
  const behindNat = match.mapped.address !== rendezvous.local.address;
  return seenOutside && behindNat ? 'direct' : pathOf(remote.address);
}
