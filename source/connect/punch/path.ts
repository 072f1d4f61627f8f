import type { Endpoint, Path } from '../../events.ts';
import { pathOf, withoutZone } from '../../network/address.ts';

/** Where the outside sees two peers that punch, as far as it is known. */
export interface Seen {
  readonly peerMapped: { readonly address: string } | undefined;
  readonly mapped: { readonly address: string } | undefined;
  /** Our end of the port that we punch from. */
  readonly local: { readonly address: string };
}

/**
 * The path of a channel to an endpoint, as far as a match can tell. A private
 * address is on our network. The exception is the peer's mapped address while
 * we are behind a NAT: then the outside is a private network, too, as behind a
 * carrier's NAT or in a lab.
 */
export function pathOfMatch(remote: Endpoint, { peerMapped, mapped, local }: Seen): Path {
  const seenOutside = remote.address === peerMapped?.address;
  const behindNat = mapped !== undefined && mapped.address !== withoutZone(local.address);
  return seenOutside && behindNat ? 'direct' : pathOf(remote.address);
}

const worth: Readonly<Record<Path, number>> = { lan: 2, direct: 1, relay: 0 };

/** Whether a channel on `path` is worth a move for a session on `than`. One that is as good is not. */
export function isBetterPath(path: Path, than: Path): boolean {
  return worth[path] > worth[than];
}
