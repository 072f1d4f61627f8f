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
  readonly #over = new AbortController();
  readonly #observing: Promise<Observer | undefined>;
  readonly #startedAt = performance.now();
  /** When it is not waited for any longer. */
  #deadline = Number.POSITIVE_INFINITY;
  #observer: Observer | undefined;

  /** Connects at once. */
  constructor(options: Omit<ObservePortOptions, 'signal'>) {
    this.#observing = observe({ ...options, signal: this.#over.signal });
    void this.#observing.then((observer) => {
      this.#observer = observer;
      if (observer?.second !== undefined) {
        observer.rendezvous.probing.compare(observer.second, observer.observed.mapped);
      }
    });
  }

  /** The connection that has asked, and how it was seen, if that is known by now. */
  get observer(): Observer | undefined {
    return this.#observer;
  }

  /** The way through the proxy is there. */
  proxyConnected(): void {
    const now = performance.now();
    this.#deadline = now + (now - this.#startedAt) + GRACE_MS;
  }

  /** The same as `observer`. Waits for it until twice the time has passed that the way through the proxy has taken. */
  async settled(signal: AbortSignal): Promise<Observer | undefined> {
    const leftMs = Math.max(0, this.#deadline - performance.now());
    await within(this.#observing, leftMs, signal).catch(() => undefined);
    return this.#observer;
  }

  close(): void {
    this.#over.abort();
  }
}
