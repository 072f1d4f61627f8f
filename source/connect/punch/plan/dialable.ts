import ipaddr from 'ipaddr.js';
import { PunchlineError } from '../../../errors.ts';
import type { Endpoint } from '../../../events.ts';
import {
  addressClass,
  canonicalAddress,
  destinationOf,
  familyOf,
  isAddress,
  carriedAddress,
} from '../../../network/address.ts';
import { formatEndpoint } from '../../../network/endpoint.ts';
import { meantAddress } from '../../../network/nat64/translation.ts';
import { MAX_HOSTS } from '../../../protocol/peer-limits.ts';

/** Below this port are services that a stranger must not make us dial (RFC 6335, section 6). */
const MIN_PORT = 1024;

interface DialableOptions {
  /** True only if the place itself is on loopback. Then both peers are on this machine. */
  readonly loopbackAllowed: boolean;
  /** The place as we reached it; undefined if only a proxy leads to it. */
  readonly server: Endpoint | undefined;
  /** Where we listen and dial from. A dial to one of these connects to itself. */
  readonly own: readonly Endpoint[];
}

/**
 * Those of the peer's host candidates that we may dial: at most 8, each once, in
 * the peer's order and in canonical spelling. Only unicast addresses of hosts
 * may be dialled. An IPv6 link-local one needs a zone, because it names no
 * interface without one.
 */
export function dialableHosts(
  candidates: readonly Endpoint[],
  { loopbackAllowed, server, own }: DialableOptions,
): Endpoint[] {
  const passed = new Set([...(server === undefined ? [] : [server]), ...own].map(key));
  const dialable: Endpoint[] = [];
  for (const candidate of candidates) {
    if (dialable.length === MAX_HOSTS) {
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
  if (port < MIN_PORT || reach === 'other' || (reach === 'loopback' && !loopbackAllowed)) {
    return false;
  }
  return reach !== 'link-local' || familyOf(address) === 4 || address.includes('%');
}

function canonical({ address, port }: Endpoint): Endpoint {
  return { address: meantAddress(canonicalAddress(address)), port };
}

function key({ address, port }: Endpoint): string {
  return `${destinationOf(address)} ${port}`;
}

interface MappedContext {
  /** The place as we reached it; undefined if only a proxy leads to it. */
  readonly server: Endpoint | undefined;
  /** How the outside sees us, if we know it. */
  readonly own: Endpoint | undefined;
}

/**
 * Why we do not dial a peer's mapped endpoint that a place names; undefined if
 * we may. A place that lies can send us to one endpoint for each match, but not
 * to a group, not to ourselves, not to itself, and to this machine only if the
 * place is on it, too.
 */
export function mappedRefusal(
  { address: told, port }: Endpoint,
  { server, own }: MappedContext,
): string | undefined {
  const address = meantAddress(told);
  const carried = carriedAddress(address);
  // A tunnel or a translator leads to global addresses only (RFC 3056 section 2, RFC 6052 section 3.1).
  if (carried !== undefined && addressClass(carried) !== 'global') {
    return `an address that carries ${carried}`;
  }
  const destination = destinationOf(address);
  function isAt(other: Endpoint) {
    return destination === destinationOf(other.address) && port === other.port;
  }
  const range = ipaddr.process(destination).range();
  if (range === 'unspecified' || range === 'multicast' || range === 'broadcast' || range === 'linkLocal') {
    return `${range === 'linkLocal' ? 'a link-local' : `${range === 'unspecified' ? 'an' : 'a'} ${range}`} address`;
  }
  if (range === 'loopback' && (server === undefined || addressClass(server.address) !== 'loopback')) {
    return 'this machine';
  }
  if (server !== undefined && isAt(server)) {
    return 'the rendezvous itself';
  }
  if (own !== undefined && isAt(own)) {
    return 'our own endpoint';
  }
  return undefined;
}

/** A place that lies can make us dial one endpoint for each match, and not every endpoint. Throws ERR_RENDEZVOUS_PROTOCOL. */
export function expectDialable(
  peerMapped: Endpoint,
  context: MappedContext & { readonly place: string },
): void {
  const refusal = mappedRefusal(peerMapped, context);
  if (refusal === undefined) {
    return;
  }
  throw new PunchlineError(
    'ERR_RENDEZVOUS_PROTOCOL',
    `the rendezvous ${context.place} says that the peer is at ${formatEndpoint(peerMapped)}, which is ${refusal}`,
    { hint: 'It is broken, or not honest. Use another one.' },
  );
}
