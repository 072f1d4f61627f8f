import type { Endpoint, Family } from '../../events.ts';
import { addressClass, destinationOf } from '../../network/address.ts';
import { formatEndpoint, type Server } from '../../network/endpoint.ts';
import { within } from '../../network/waiting.ts';
import type { ObservedPort } from '../place.ts';
import { ASKED_SERVERS, findStunServers, stunServersOf, type StunServer } from './stun-servers.ts';
import { watchPort } from './watch-port.ts';

/** How long a meeting waits for the STUN servers, their names included. Then it goes on without them. */
const PATIENCE_MS = 4000;
/** Bounds the probe for a later round, which both sides wait for. */
const PROBE_MS = 1000;

export interface MappedPortOptions {
  /** The first two are asked. */
  readonly servers: readonly Server[];
  /** By default IPv4, which most NATs translate, if a server has such an address. */
  readonly family: Family | undefined;
  readonly signal: AbortSignal;
}

/** The port that we punch from, as STUN servers see it. They are asked again and again until the signal is aborted, also where they have hung up. */
export class MappedPort {
  /** Called when the servers see us elsewhere than before. */
  onChange: () => void = () => undefined;
  readonly #options: MappedPortOptions;
  readonly #first = Promise.withResolvers<undefined>();
  #servers: readonly StunServer[] = [];
  #observed: ObservedPort | undefined;

  /** Nothing is dialled before `turn` resolves: a NAT that counts must give the next port to the peer. */
  constructor(options: MappedPortOptions, turn: Promise<unknown>) {
    this.#options = options;
    // Aborted, it says no more.
    void this.#watch(turn).catch(() => this.#first.resolve(undefined));
  }

  /** As it was last seen. */
  get observed(): ObservedPort | undefined {
    return this.#observed;
  }

  /** Once the servers have answered, or in so many ms; by default 4 s. */
  async known(patienceMs = PATIENCE_MS): Promise<ObservedPort | undefined> {
    await within(this.#first.promise, patienceMs, this.#options.signal).catch(() => undefined);
    return this.observed;
  }

  /** Why we do not dial an endpoint of the peer that the mailbox names; undefined if we may. */
  refusal(peer: Endpoint, mailbox: Endpoint | undefined): string | undefined {
    return peerRefusal(peer, { mailbox, servers: this.#servers });
  }

  /** Has a new port observed, by the server that was asked last: its mapping is the one before that of the next dial. */
  async probe(): Promise<ObservedPort | undefined> {
    const { signal } = this.#options;
    const family = this.observed?.family;
    const last = this.#servers.at(-1);
    if (family === undefined || last === undefined) {
      return undefined;
    }
    const watching = watchPort({ servers: [last], family, signal });
    return within(watching, PROBE_MS, signal).then(
      ({ observed }) => observed,
      () => undefined,
    );
  }

  async #watch(turn: Promise<unknown>): Promise<void> {
    const { signal } = this.#options;
    const [found] = await Promise.all([serversOf(this.#options), turn]);
    if (found === undefined) {
      this.#first.resolve(undefined);
      return;
    }
    this.#servers = found.servers;
    const port = await watchPort({
      ...found,
      signal,
      onChange: (changed) => {
        this.#observed = changed.observed;
        this.onChange();
      },
    });
    this.#observed = port.observed;
    this.#first.resolve(undefined);
    // A meeting that has not waited for it may have told that we are seen nowhere.
    this.onChange();
  }
}

/** Has a new port observed. */
export async function observeByStun(options: MappedPortOptions): Promise<ObservedPort | undefined> {
  return new MappedPort(options, Promise.resolve()).known();
}

async function serversOf({
  servers,
  family,
  signal,
}: MappedPortOptions): Promise<{ servers: readonly StunServer[]; family: Family } | undefined> {
  const found = await findStunServers(servers.slice(0, ASKED_SERVERS), signal);
  for (const one of family === undefined ? ([4, 6] as const) : [family]) {
    const addresses = stunServersOf(found, one);
    if (addresses.length > 0) {
      return { servers: addresses, family: one };
    }
  }
  return undefined;
}

/**
 * Why an endpoint that the mailbox names is not dialled. Peers tell only what STUN servers on the internet have told
 * them, so all but the internet is refused, unless the mailbox itself is in such a network.
 */
export function peerRefusal(
  peer: Endpoint,
  { mailbox, servers }: { readonly mailbox: Endpoint | undefined; readonly servers: readonly Endpoint[] },
): string | undefined {
  const destination = destinationOf(peer.address);
  const reach = addressClass(destination);
  if (
    reach === 'other' ||
    (reach !== 'global' && (mailbox === undefined || reach !== addressClass(mailbox.address)))
  ) {
    return `${formatEndpoint(peer)}, which is no address on the internet`;
  }
  return reach === 'global' && servers.some(({ address }) => destinationOf(address) === destination)
    ? `${formatEndpoint(peer)}, which is the address of a STUN server`
    : undefined;
}
