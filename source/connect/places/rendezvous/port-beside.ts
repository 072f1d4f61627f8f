import { Resolver } from 'node:dns/promises';
import { performance } from 'node:perf_hooks';
import { isAddress } from '../../../network/address.ts';
import type { Server } from '../../../network/endpoint.ts';
import { within } from '../../../network/waiting.ts';
import { observe, type Observer, type ObservePortOptions } from './observe-port.ts';

/**
 * How much longer than twice the way through the proxy a direct observation may take. Both lead to the same server, and
 * the direct way is hardly ever the longer one. Where a firewall swallows what goes past the proxy, this is all that it
 * costs.
 */
const GRACE_MS = 100;

/**
 * A port of ours that the rendezvous sees beside a proxy, where direct connections lead to it, too. The peer is told of
 * it, and both punch as they would without a proxy.
 */
export class PortBeside {
  readonly #options: Omit<ObservePortOptions, 'signal'>;
  readonly #over = new AbortController();
  readonly #startedAt = performance.now();
  #observing: Promise<void>;
  #observer: Observer | undefined;
  /** How long the way through the proxy has taken. */
  #proxyMs = 0;
  /** When it is not waited for any longer. */
  #deadline = 0;

  /** Connects at once. */
  constructor(options: Omit<ObservePortOptions, 'signal'>) {
    this.#options = options;
    this.#observing = this.#observe();
  }

  /** The connection that has asked, and how it was seen. Undefined if that is not known yet, or if it has ended. */
  get observer(): Observer | undefined {
    return this.#observer?.rendezvous.failed === true ? undefined : this.#observer;
  }

  /** The way through the proxy is there. */
  proxyConnected(): void {
    const now = performance.now();
    this.#proxyMs = now - this.#startedAt;
    this.#deadline = now + this.#proxyMs + GRACE_MS;
  }

  /** The same as `observer`. Waits for it until twice the time has passed that the way through the proxy has taken. */
  async settled(signal: AbortSignal): Promise<Observer | undefined> {
    if (this.#observer?.rendezvous.failed === true) {
      // It was lost while we waited for the peer, and its port means nothing any more.
      this.#observing = this.#observe();
      this.#deadline = performance.now() + 2 * this.#proxyMs + GRACE_MS;
    }
    const leftMs = Math.max(0, this.#deadline - performance.now());
    await within(this.#observing, leftMs, signal).catch(() => undefined);
    return this.observer;
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
