import type { Endpoint, Path } from '../../events.ts';
import { pathOf } from '../../network/address.ts';

/** Where two are seen who punch. */
export interface Seen {
  readonly peerMapped: { readonly address: string };
  readonly mapped: { readonly address: string };
  /** Of our connection to the rendezvous, on our side. */
  readonly local: { readonly address: string };
}

/**
 * How a channel to an endpoint runs, as far as a match knows. A private address
 * means a neighbour, unless it is the endpoint that the rendezvous saw while we
 * are behind a NAT ourselves: then "outside" is private too, as behind a
 * carrier's NAT or in a lab.
 */
export function pathOfMatch(remote: Endpoint, { peerMapped, mapped, local }: Seen): Path {
  const seenOutside = remote.address === peerMapped.address;
  const behindNat = mapped.address !== local.address;
  return seenOutside && behindNat ? 'direct' : pathOf(remote.address);
}

const worth: Readonly<Record<Path, number>> = { lan: 2, direct: 1, relay: 0 };

/** Whether a session on a path `than` gains by a channel on `path`: what is as good is not worth a move. */
export function isBetterPath(path: Path, than: Path): boolean {
  return worth[path] > worth[than];
}
