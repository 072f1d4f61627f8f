import type { Endpoint } from '../../../events.ts';
import {
  addressClass,
  canonicalAddress,
  destinationOf,
  familyOf,
  isAddress,
} from '../../../network/address.ts';
import { maxHosts } from '../../../protocol/sealed-messages.ts';

/** Below this are services that a stranger has no business making us dial (RFC 6335, section 6). */
const minPort = 1024;

export interface DialableOptions {
  /** Only where the rendezvous itself is on loopback: then both peers are on this machine. */
  readonly loopbackAllowed: boolean;
  /** The rendezvous as we reached it. */
  readonly server: Endpoint;
  /** Where we listen and dial from: a dial to one of these connects to itself. */
  readonly own: readonly Endpoint[];
}

/**
 * What may be dialled of the endpoints that a peer gives for its own
 * interfaces: at most 8, each once, in its order and in canonical spelling.
 * Only unicast addresses of hosts; an IPv6 link-local one only with a zone,
 * without which it names no interface.
 */
export function dialableHosts(
  candidates: readonly Endpoint[],
  { loopbackAllowed, server, own }: DialableOptions,
): Endpoint[] {
  const passed = new Set([server, ...own].map(key));
  const dialable: Endpoint[] = [];
  for (const candidate of candidates) {
    if (dialable.length === maxHosts) {
      break;
    }
    if (!isAddress(candidate.address)) {
      continue;
    }
    const endpoint = canonical(candidate);
    if (isFit(endpoint, loopbackAllowed) && !passed.has(key(endpoint))) {
      passed.add(key(endpoint));
      dialable.push(endpoint);
    }
  }
  return dialable;
}

function isFit({ address, port }: Endpoint, loopbackAllowed: boolean): boolean {
  const reach = addressClass(address);
  if (port < minPort || reach === 'other' || (reach === 'loopback' && !loopbackAllowed)) {
    return false;
  }
  return reach !== 'link-local' || familyOf(address) === 4 || address.includes('%');
}

const canonical = ({ address, port }: Endpoint): Endpoint => ({ address: canonicalAddress(address), port });

const key = ({ address, port }: Endpoint): string => `${destinationOf(address)} ${port}`;
