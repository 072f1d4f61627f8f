import { PunchlineError } from '../../../errors.ts';
import type { Family } from '../../../events.ts';
import { addressClass, familyOf } from '../../../network/address.ts';
import { ownAddresses } from '../../../network/sockets.ts';

/** A machine may have several global IPv6 addresses, and only some of them may be reached. An invite stays short. */
const MAX_OF_FAMILY = 2;

export interface Reach {
  /** The addresses by which others may reach this machine from anywhere. */
  readonly addresses: readonly string[];
  /** The address by which this machine is known best, if only on its own network. */
  readonly own: string;
}

/** How others can reach this machine. Throws ERR_NETWORK if nobody can. */
export function findReach({
  families,
  lan,
}: {
  readonly families: readonly Family[];
  /** Whether the local network may be used. */
  readonly lan: boolean;
}): Reach {
  const all = ownAddresses().filter((address) => families.includes(familyOf(address)));
  const addresses = families.flatMap((family) =>
    all
      .filter((address) => familyOf(address) === family && addressClass(address) === 'global')
      .slice(0, MAX_OF_FAMILY),
  );
  const near = all.find((address) => ['private', 'unique-local'].includes(addressClass(address)));
  const own = addresses[0] ?? near;
  if (own === undefined) {
    throw new PunchlineError('ERR_NETWORK', 'this machine has no network on which a peer could reach it', {
      hint: 'Connect it to a network, or meet your peer at a rendezvous: --server HOST[:PORT].',
    });
  }
  if (addresses.length === 0 && !lan) {
    throw new PunchlineError(
      'ERR_NETWORK',
      'only the local network reaches this machine, and --no-lan excludes it',
      { hint: 'Leave out --no-lan, or meet your peer at a rendezvous: --server HOST[:PORT].' },
    );
  }
  return { addresses, own };
}
