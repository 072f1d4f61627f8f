import type { Family } from '../../events.ts';
import { seenTwice } from '../../nat/stun-sight.ts';
import { manyListeners, pause } from '../../network/waiting.ts';
import type { ObservedPort } from '../place.ts';
import { AskedServer, type StunAnswer } from './asked-server.ts';
import type { StunServer } from './stun-servers.ts';

/** All questions leave together. This is how much longer the way to another server may be, once one has answered. */
const LATER_MS = 300;
/** A NAT forgets an idle connection, and then our mapping is gone. As often as we ping a rendezvous. */
const ASK_EVERY_MS = 20_000;

/** A port of ours, as STUN servers see it. It changes as they answer. */
export interface WatchedPort {
  /** In the order in which the servers were dialled. */
  readonly answers: readonly StunAnswer[];
  /** What follows from them. Undefined if nobody has seen us. */
  readonly observed: ObservedPort | undefined;
}

export interface WatchPortOptions {
  /** Addresses of one family, each endpoint once. */
  readonly servers: readonly StunServer[];
  readonly family: Family;
  /** 0, the default: any. */
  readonly localPort?: number;
  /** How long the other servers may take once one has answered. */
  readonly laterMs?: number;
  /** Called when an answer that came later has changed what is observed. */
  readonly onChange?: (port: WatchedPort) => void;
  /** Ends it: closes the connections. */
  readonly signal: AbortSignal;
}

/**
 * Asks STUN servers over TCP at which endpoint they see one of our ports. All of
 * them are dialled from that port in one turn of the event loop. Resolves when
 * all have answered, or 300 ms after the first answer, or after 4 s. Never
 * rejects. The connections stay, because they keep the mapping. Until the signal
 * is aborted, those that have answered are asked again every 20 s, and dialled
 * from the same port if they have closed.
 */
export async function watchPort(options: WatchPortOptions): Promise<WatchedPort> {
  const { servers, laterMs = LATER_MS } = options;
  const signal = manyListeners(AbortSignal.any([options.signal]));
  const port = new Port({ ...options, signal });
  const asked = port.askFirst([...servers.keys()], options.localPort ?? 0);
  await Promise.race([asked, port.firstSight.then(() => pause(laterMs, signal))]);
  port.tell();
  void asked.then(() => port.askOn());
  return port;
}

class Port implements WatchedPort {
  readonly firstSight: Promise<void>;
  readonly #options: WatchPortOptions;
  readonly #asked: readonly AskedServer[];
  #answers: readonly StunAnswer[];
  #onSight: (() => void) | undefined;
  #localPort = 0;
  #told: ObservedPort | undefined;
  #isTold = false;

  constructor(options: WatchPortOptions) {
    this.#options = options;
    this.#asked = options.servers.map((server) => new AskedServer(server));
    this.#answers = options.servers.map((server) => ({ server, reason: 'it has not answered yet' }));
    this.firstSight = new Promise((resolve) => {
      this.#onSight = resolve;
    });
  }

  get answers(): readonly StunAnswer[] {
    return this.#answers;
  }

  get observed(): ObservedPort | undefined {
    const sights = this.#answers.flatMap((answer) => ('sight' in answer ? [answer.sight] : []));
    const mapped = seenTwice(sights);
    const [first] = sights;
    return first && mapped && { family: this.#options.family, local: first.local, mapped };
  }

  /** What is known now goes to the caller, and from now on each change. */
  tell(): void {
    this.#told = this.observed;
    this.#isTold = true;
  }

  /** The dial of the first one has a port as its SYN is about to leave. Then the others are dialled from the same port. */
  async askFirst([index, ...others]: readonly number[], localPort: number): Promise<void> {
    if (index === undefined) {
      return;
    }
    let rest: Promise<unknown> | undefined;
    const answer = await this.#ask(index, localPort, (bound) => {
      this.#localPort = bound;
      rest = Promise.all(others.map(async (other) => this.#take(other, await this.#ask(other, bound))));
    });
    this.#take(index, answer);
    // A dial that failed before it had a port leaves the choice to the next one.
    await (rest ?? this.askFirst(others, localPort));
  }

  async askOn(): Promise<void> {
    const { signal } = this.#options;
    for (;;) {
      await pause(ASK_EVERY_MS, signal);
      if (signal.aborted || !this.#answers.some((answer) => 'sight' in answer)) {
        return;
      }
      const next = await Promise.all(
        this.#answers.map(async (before, index) => {
          const answer = 'sight' in before ? await this.#ask(index, this.#localPort) : before;
          // A NAT remembers for minutes where we were seen, also where a server has closed or is silent now.
          return 'sight' in answer ? answer : before;
        }),
      );
      // All at once: the ports that a NAT counts up make sense only together.
      this.#answers = next;
      this.#change();
    }
  }

  #ask(index: number, localPort: number, onBound?: (localPort: number) => void): Promise<StunAnswer> {
    const { servers, signal } = this.#options;
    const asked = this.#asked[index];
    if (asked === undefined) {
      throw new RangeError(`there is no server ${index}`);
    }
    return asked.ask({ localPort, servers, signal, ...(onBound && { onBound }) });
  }

  #take(index: number, answer: StunAnswer): void {
    this.#answers = this.#answers.with(index, answer);
    if ('sight' in answer) {
      this.#onSight?.();
    }
    this.#change();
  }

  #change(): void {
    const { observed } = this;
    if (this.#isTold && JSON.stringify(observed?.mapped) !== JSON.stringify(this.#told?.mapped)) {
      this.#told = observed;
      this.#options.onChange?.(this);
    }
  }
}
