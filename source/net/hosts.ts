import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { AttemptEvent, AttemptOutcome, Endpoint } from '../events.ts';
import { addressClass, familyOf } from '../core/address.ts';
import { dial } from './dial.ts';
import { listen } from './listen.ts';
import { anyAddress } from './sockets.ts';

/** As many as a peer accepts (design 3.5). */
const MAX_HOST_CANDIDATES = 8;
/** Hosts of one network answer in milliseconds; those elsewhere never. */
const PATIENCE_MS = 3000;

export interface HostsOptions {
  /** Only where the rendezvous itself is met over loopback. */
  readonly loopback: boolean;
  readonly families: readonly (4 | 6)[];
  readonly onSocket: (socket: Socket) => void;
  /** Ends the listening. */
  readonly signal: AbortSignal;
}

/**
 * Listens for peers on our own networks, one port per family, apart from the
 * punch's. Resolves to our own endpoints, for the peer.
 */
export async function openHosts({ loopback, families, onSocket, signal }: HostsOptions): Promise<Endpoint[]> {
  const candidates: Endpoint[] = [];
  for (const family of families) {
    const addresses = ownAddresses(family, loopback);
    if (addresses.length === 0) continue;
    const listener = await listen({ address: anyAddress(family), port: 0, family, onSocket }).catch(
      () => undefined,
    );
    if (listener === undefined) continue;
    signal.addEventListener('abort', () => listener.close(), { once: true });
    if (signal.aborted) listener.close();
    for (const address of addresses) candidates.push({ address, port: listener.endpoint.port });
  }
  return candidates.slice(0, MAX_HOST_CANDIDATES);
}

/** Link-local addresses are left out: they mean nothing without the name of an interface. */
function ownAddresses(family: 4 | 6, loopback: boolean): string[] {
  return Object.values(networkInterfaces())
    .flatMap((infos) => infos ?? [])
    .map(({ address }) => address)
    .filter((address) => familyOf(address) === family)
    .filter((address) => {
      const kind = addressClass(address);
      return (
        kind === 'global' ||
        kind === 'private' ||
        kind === 'unique-local' ||
        (loopback && kind === 'loopback')
      );
    });
}

export interface DialHostsOptions {
  readonly candidates: readonly Endpoint[];
  readonly onAttempt: (attempt: Omit<AttemptEvent, 'event'>) => void;
  readonly onSocket: (socket: Socket) => void;
  readonly signal: AbortSignal;
}

/** Dials each of the peer's host candidates once; call it after the punch's SYN has left (design 4.6). */
export async function dialHosts({
  candidates,
  onAttempt,
  onSocket,
  signal,
}: DialHostsOptions): Promise<void> {
  await Promise.all(
    candidates.map(async (to) => {
      const report = (outcome: AttemptOutcome, ms: number) =>
        onAttempt({ n: 1, of: 1, kind: 'host', address: to.address, port: to.port, outcome, ms });
      report('started', 0);
      const { outcome, socket, ms } = await dial({
        to,
        family: familyOf(to.address),
        localPort: 0,
        patienceMs: PATIENCE_MS,
        signal,
      });
      report(outcome, ms);
      if (socket !== undefined) onSocket(socket);
    }),
  );
}
