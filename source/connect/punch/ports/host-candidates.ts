import type { AttemptOutcome, Endpoint, Family } from '../../../events.ts';
import { addressClass, familyOf, type AddressClass } from '../../../network/address.ts';
import { dial } from '../../../network/dial.ts';
import type { Ways } from '../punch.ts';
import { dialAgain, PunchPort } from './punch-port.ts';
import { routedAddress } from '../../../network/routed-address.ts';
import { anyAddress } from '../../../network/nat64/translation.ts';
import { ownDevices } from '../../../network/sockets.ts';
import { hostOrder, type OwnAddress } from '../plan/host-order.ts';

/** As many as a peer accepts (design 3.5). */
const MAX_HOST_CANDIDATES = 8;
/** Hosts of one network answer in milliseconds. After a firewall that drops the first SYN, the kernel's second one may pass. */
const PATIENCE_MS = 3000;

/** Our own endpoints, on which we wait for a peer on one of our networks. */
export interface Hosts {
  /** To be told to the peer. */
  readonly candidates: readonly Endpoint[];
  /** IPv6 may meet stateful firewalls, so we dial from the endpoint that the peer was told. */
  readonly ipv6: ReadonlyMap<AddressClass, PunchPort>;
}

export const noHosts: Hosts = { candidates: [], ipv6: new Map() };

interface OpenHostsOptions {
  readonly families: readonly Family[];
  /** Whether the place itself was met on loopback. Only then a peer may be there, too. */
  readonly loopback: boolean;
  /** The address from which we have reached the place; undefined if it was not reached lately. */
  readonly used: string | undefined;
}

/**
 * Listens for the peer on our own networks, on other ports than the punch: one
 * for all IPv4 addresses, and one for each IPv6 address.
 */
export async function openHosts(
  { families, loopback, used }: OpenHostsOptions,
  { onSocket, signal }: Ways,
): Promise<Hosts> {
  const candidates: Endpoint[] = [];
  const ipv6 = new Map<AddressClass, PunchPort>();
  async function open(family: Family, localAddress: string) {
    return PunchPort.open({ family, localAddress, patienceMs: PATIENCE_MS, onSocket, signal }).catch(
      () => undefined,
    );
  }

  const routed = await Promise.all(families.map(routedAddress));
  const usable = usableAddresses(loopback).filter(({ address }) => families.includes(familyOf(address)));
  const ordered = hostOrder(usable, { used, routed: routed.filter((one) => one !== undefined) });
  const ofAllIpv4 = ordered.some((address) => familyOf(address) === 4)
    ? await open(4, anyAddress(4))
    : undefined;
  for (const address of ordered) {
    if (candidates.length >= MAX_HOST_CANDIDATES) {
      break;
    }
    const port = familyOf(address) === 4 ? ofAllIpv4 : await open(6, address);
    if (port === undefined) {
      continue;
    }
    candidates.push({ address, port: port.localPort });
    const reach = addressClass(address);
    if (familyOf(address) === 6 && !ipv6.has(reach)) {
      ipv6.set(reach, port);
    }
  }
  return { candidates, ipv6 };
}

/** Link-local addresses are left out, because they mean nothing without the name of an interface. */
function usableAddresses(loopback: boolean): OwnAddress[] {
  const usable = new Set<AddressClass>([
    'global',
    'private',
    'unique-local',
    ...(loopback ? ['loopback' as const] : []),
  ]);
  return ownDevices().filter(({ address }) => usable.has(addressClass(address)));
}

/** Dials each of the peer's host candidates. Call it after the punch's SYN has left (design 4.6). */
export async function dialHosts(
  candidates: readonly Endpoint[],
  own: Hosts,
  { onAttempt, onSocket, signal }: Ways,
): Promise<void> {
  await Promise.all(
    candidates.map(async (to) => {
      function report(outcome: AttemptOutcome, ms: number) {
        const { address, port } = to;
        return onAttempt({ n: 1, of: 1, kind: 'host', address, port, outcome, ms, strategy: 'host' });
      }
      report('started', 0);
      const punchPort = familyOf(to.address) === 6 ? own.ipv6.get(addressClass(to.address)) : undefined;
      if (punchPort !== undefined) {
        const { outcome, ms } = await dialAgain(punchPort, [to], signal);
        report(outcome, ms);
        return;
      }
      const { outcome, socket, ms } = await dial({
        to,
        localPort: 0,
        patienceMs: PATIENCE_MS,
        signal,
      });
      report(outcome, ms);
      if (socket !== undefined) {
        onSocket(socket, 'dialled');
      }
    }),
  );
}
