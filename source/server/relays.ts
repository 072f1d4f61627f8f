import type { RelayLimits } from './relay-limits.ts';
import type { RelaySide } from './relay-side.ts';
import { RunningRelays, type RelayTotals, type RunningRelaysOptions } from './running-relays.ts';

interface Waiting {
  readonly side: RelaySide;
  readonly timer: NodeJS.Timeout;
}

export interface RelayOptions extends RunningRelaysOptions {
  /** False: this server does not relay. */
  readonly isOn: boolean;
}

/**
 * The relay of one server: those of whom one side has asked, and the pairs that
 * run. Two sides of one match find each other by its name; within one process, that is.
 */
export class Relays {
  readonly #limits: RelayLimits;
  readonly #waiting = new Map<string, Waiting>();
  readonly #running: RunningRelays;
  #off: string | undefined;

  constructor({ isOn, ...options }: RelayOptions) {
    this.#limits = options.limits;
    this.#running = new RunningRelays(options);
    if (!isOn) this.#off = 'this rendezvous does not relay';
  }

  counts(): { readonly relays: number; readonly relaysWaiting: number } {
    return { relays: this.#running.size, relaysWaiting: this.#waiting.size };
  }

  totals(): RelayTotals {
    return this.#running.totals;
  }

  /** `session`: of a match, whose other side is to ask, too. Returns what withdraws the wish. */
  ask(session: string, side: RelaySide): () => void {
    const { relayWaitMs } = this.#limits;
    const other = this.#waiting.get(session);
    if (this.#off !== undefined) {
      side.refuse('ERR_RELAY_OFF', this.#off);
    } else if (other === undefined) {
      const alone = `the peer has not asked for the relay within ${relayWaitMs / 1000} s`;
      const timer = setTimeout(() => {
        this.#waiting.delete(session);
        side.refuse('ERR_RELAY_ALONE', alone);
      }, relayWaitMs);
      this.#waiting.set(session, { side, timer });
    } else {
      this.#forget(session, other);
      this.#running.begin(session, [other.side, side]);
    }
    return () => {
      const waiting = this.#waiting.get(session);
      if (waiting?.side === side) this.#forget(session, waiting);
    };
  }

  /** Begins no more; those that run may go on for a while. */
  drain(): void {
    this.#off = 'this rendezvous is going down';
    for (const [session, waiting] of this.#waiting) {
      this.#forget(session, waiting);
      waiting.side.refuse('ERR_RELAY_OFF', this.#off);
    }
    this.#running.drain();
  }

  /** Drops everything. */
  close(): void {
    for (const [session, waiting] of this.#waiting) this.#forget(session, waiting);
    this.#running.close();
  }

  #forget(session: string, { timer }: Waiting): void {
    clearTimeout(timer);
    this.#waiting.delete(session);
  }
}
