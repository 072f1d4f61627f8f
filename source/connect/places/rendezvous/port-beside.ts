import { Resolver } from 'node:dns/promises';
import { performance } from 'node:perf_hooks';
import { isAddress } from '../../../network/address.ts';
import type { Server } from '../../../network/endpoint.ts';
import { within } from '../../../network/waiting.ts';
import type { ObservedPort, SentProbe } from '../../place.ts';
import { MappedPort } from '../../stun/mapped-port.ts';
import { observe, type Observer, type ObservePortOptions } from './observe-port.ts';

/**
 * How much longer than twice the way to the rendezvous a direct observation may take. A direct way is hardly ever longer
 * than one through a proxy. Where a firewall swallows what goes past the proxy, this is all that it costs.
 */
const GRACE_MS = 100;

export interface PortBesideOptions extends Omit<ObservePortOptions, 'signal'> {
  /** Whether the server is dialled past a proxy, so that it sees us. */
  readonly asksServer: boolean;
  /** STUN servers that see us if the server does not. They are asked once the way to it is there. */
  readonly stun: readonly Server[] | undefined;
}

/**
 * A port of ours that is seen from outside beside a way on which nobody sees us: through a proxy, or to a web server in
 * front of the rendezvous. The peer is told of it, and both punch as usual.
 */
export class PortBeside {
  readonly #options: PortBesideOptions;
  readonly #over = new AbortController();
  readonly #startedAt = performance.now();
  #observing: Promise<void>;
  #observer: Observer | undefined;
  #port: MappedPort | undefined;
  /** How long the way to the server has taken. */
  #wayMs = 0;
  /** When it is not waited for any longer. */
  #deadline = 0;

  /** Dials the server at once, if it is asked. */
  constructor(options: PortBesideOptions) {
    this.#options = options;
    this.#observing = options.asksServer ? this.#observe() : Promise.resolve();
  }

  /** The connection that has asked, and how it was seen. Undefined if that is not known yet, or if it has ended. */
  get observer(): Observer | undefined {
    return this.#observer?.rendezvous.failed === true ? undefined : this.#observer;
  }

  /** What STUN servers have told. */
  get told(): ObservedPort | undefined {
    return this.#port?.observed;
  }

  /** How we are seen, as far as it is known by now. */
  get observed(): ObservedPort | undefined {
    return this.observer?.observed ?? this.told;
  }

  /** The way to the server is there. */
  connected(): void {
    const { stun, family } = this.#options;
    const now = performance.now();
    this.#wayMs = now - this.#startedAt;
    this.#deadline = now + this.#wayMs + GRACE_MS;
    if (stun !== undefined) {
      this.#deadline += this.#wayMs;
      const { signal } = this.#over;
      this.#port = new MappedPort({ servers: stun, family, signal }, Promise.resolve());
    }
  }

  /** Waits until we are seen, or until twice the time has passed that the way to the server has taken. */
  async settled(signal: AbortSignal): Promise<void> {
    if (this.#observer?.rendezvous.failed === true) {
      // It was lost while we waited for the peer, and its port means nothing any more.
      this.#observing = this.#observe();
      this.#deadline = performance.now() + 2 * this.#wayMs + GRACE_MS;
    }
    const leftMs = Math.max(0, this.#deadline - performance.now());
    const told = this.#port?.known(leftMs);
    await within(this.#observing, leftMs, signal).catch(() => undefined);
    if (this.observer === undefined) {
      await told;
    }
  }

  /** Has a new port observed by STUN, from which the next dial leaves. */
  async probe(): Promise<SentProbe | undefined> {
    const observed = await this.#port?.probe();
    return observed && { localPort: observed.local.port, seenAt: observed.mapped.port };
  }

  close(): void {
    this.#over.abort();
  }

  async #observe(): Promise<void> {
    const { signal } = this.#over;
    const server = await serverByDns(this.#options, signal);
    const observer = server && (await observe({ ...this.#options, server, signal }));
    this.#observer = observer;
    if (observer?.second !== undefined) {
      observer.rendezvous.probing.compare(observer.second, observer.observed.mapped);
    }
  }
}

/**
 * The server at one of its addresses; undefined if DNS does not know its name. Behind a proxy there may be no resolver.
 * The lookup of the system cannot be cancelled, and would keep the program from ending for ten seconds.
 */
export async function serverByDns(
  { server, family }: Pick<ObservePortOptions, 'server' | 'family'>,
  signal: AbortSignal,
): Promise<Server | undefined> {
  const { host, port } = server;
  if (isAddress(host)) {
    return server;
  }
  const resolver = new Resolver({ timeout: 1000, tries: 2 });
  function cancel() {
    resolver.cancel();
  }
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const four = family === 6 ? [] : await resolver.resolve4(host).catch(() => []);
    const found =
      four.length > 0 || family === 4 || signal.aborted
        ? four
        : await resolver.resolve6(host).catch(() => []);
    const [address] = found;
    return address === undefined ? undefined : { host: address, port };
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
