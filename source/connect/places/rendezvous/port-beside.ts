import { performance } from 'node:perf_hooks';
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
    const observer = await observe({ ...this.#options, signal: this.#over.signal });
    this.#observer = observer;
    if (observer?.second !== undefined) {
      observer.rendezvous.probing.compare(observer.second, observer.observed.mapped);
    }
  }
}
