import { PunchlineError } from '../../../errors.ts';
import type { Family } from '../../../events.ts';
import { addressClass, familyOf } from '../../../network/address.ts';
import type { Server } from '../../../network/endpoint.ts';
import { ownAddresses } from '../../../network/sockets.ts';
import { publicAddress } from './public-address.ts';
import type { RouterPorts } from './router-ports.ts';

/** A machine may have several global IPv6 addresses, and only some of them may be reached. An invite stays short. */
const MAX_OF_FAMILY = 2;

export interface ReachOptions {
  /** On which we listen. */
  readonly port: number;
  readonly families: readonly Family[];
  /** Whether the local network may be used. */
  readonly lan: boolean;
  /** Whether the router may be asked to map the port. */
  readonly portMapping: boolean;
  /** The STUN servers that tell the address of a router that forwards the port by hand. Undefined: nobody is asked. */
  readonly stun: readonly Server[] | undefined;
  readonly router: RouterPorts;
  /** The places in the invite that was told. Those that still hold are found again, so that the invite stays good. */
  readonly told: readonly Server[];
  /** Ends the search. */
  readonly signal: AbortSignal;
}

export interface Reach {
  /** The endpoints at which others may reach this machine from anywhere. */
  readonly servers: readonly Server[];
  /** The address by which this machine is known best, if only on its own network. */
  readonly own: string;
  /** A text for the user: the router must forward the port, or its address is not known. Undefined if there is nothing to do. */
  readonly hint: string | undefined;
}

/** Finds out how others can reach this machine. Throws ERR_NETWORK if nobody can. */
export async function findReach(options: ReachOptions): Promise<Reach> {
  const { port, families, lan, told } = options;
  const all = ownAddresses().filter((address) => families.includes(familyOf(address)));
  function isTold(address: string) {
    return told.some(({ host }) => host === address);
  }
  const global = families.flatMap((family) =>
    all
      .filter((address) => familyOf(address) === family && addressClass(address) === 'global')
      .toSorted((one, other) => Number(isTold(other)) - Number(isTold(one)))
      .slice(0, MAX_OF_FAMILY),
  );
  const near = (['private', 'unique-local', 'link-local'] as const)
    .map((reach) => all.find((address) => addressClass(address) === reach))
    .find((address) => address !== undefined);
  const own = global[0] ?? near;
  if (own === undefined) {
    throw new PunchlineError('ERR_NETWORK', 'this machine has no network on which a peer could reach it', {
      hint: 'Connect it to a network, or meet your peer at a rendezvous: --server HOST[:PORT].',
    });
  }
  const [mapped, forwarded] = await Promise.all([
    mappedByRouter(global, all, options),
    forwardedByHand(global, options),
  ]);
  const open = [...mapped, ...global.map((host) => ({ host, port }))];
  // Where the router has mapped this very port, nobody has to forward it.
  const byHand = forwarded.servers.filter(
    (one) => !open.some((other) => other.host === one.host && other.port === one.port),
  );
  const servers = [...open, ...byHand];
  if (servers.length === 0 && !lan) {
    throw new PunchlineError(
      'ERR_NETWORK',
      'only the local network reaches this machine, and --no-lan excludes it',
      { hint: 'Leave out --no-lan, or meet your peer at a rendezvous: --server HOST[:PORT].' },
    );
  }
  const isSettled = byHand.length === 0 && forwarded.servers.length > 0;
  return { servers, own, hint: isSettled ? undefined : forwarded.hint };
}

/** Asks STUN servers for the address of the router. Without a public IPv4 address of our own there must be one. */
async function forwardedByHand(
  global: readonly string[],
  { port, families, stun = [], signal }: ReachOptions,
): Promise<{ readonly servers: readonly Server[]; readonly hint: string | undefined }> {
  if (stun.length === 0 || !families.includes(4) || global.some((address) => familyOf(address) === 4)) {
    return { servers: [], hint: undefined };
  }
  const { addresses, reason } = await publicAddress(stun, signal);
  const hint =
    addresses.length === 0
      ? `The address of your router is not known (${reason}), so the invite does not name it: pass on CODE@ADDRESS:${port}`
      : `Your router (${addresses.join(', ')}) must forward TCP port ${port} to this machine, or nobody from outside can come`;
  return { servers: addresses.map((host) => ({ host, port })), hint };
}

/** The port of the router over IPv4. It is also asked for a way through its firewall to each IPv6 address. */
async function mappedByRouter(
  global: readonly string[],
  all: readonly string[],
  { families, lan, portMapping, router }: ReachOptions,
): Promise<readonly Server[]> {
  if (!lan || !portMapping) {
    return [];
  }
  const sixth = global.filter((address) => familyOf(address) === 6);
  const hasFourth = global.length > sixth.length;
  const fourth = all.filter((address) => familyOf(address) === 4);
  return router.map([
    ...(families.includes(4) && !hasFourth ? [{ family: 4, addresses: fourth } as const] : []),
    ...sixth.map((address) => ({ family: 6, addresses: [address] }) as const),
  ]);
}
