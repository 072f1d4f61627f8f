import type { Reached } from './refusal.ts';
import type { Shares } from './shares.ts';

export interface ChargesOptions {
  /** How long a charge counts. */
  readonly windowMs: number;
  /** Bounds the charges that are remembered for one address. */
  readonly perAddress: number;
}

/** One charge to the shares of a connection. */
export interface Charge {
  /** Takes back a charge that was wrong. Only the first call counts. */
  giveBack(): void;
}

/**
 * The charges to each share within the last `windowMs`. A charge may be given
 * back.
 *
 * `Quota` with rate-limiter-flexible cannot do this. Its window is fixed: at the
 * end of one and the start of the next, a share could guess twice as often. Its
 * answer is a promise: another join could come between the look at a share and
 * the charge. Time comes in as `now` in ms, of any clock that only goes forward.
 */
export class Charges {
  readonly #options: ChargesOptions;
  /** The times of the charges of each share, the oldest first. The share with the latest charge is the last in the map. */
  readonly #times = new Map<string, number[]>();

  constructor(options: ChargesOptions) {
    this.#options = options;
  }

  /** The number of shares that are remembered. */
  get size(): number {
    return this.#times.size;
  }

  /** The first share that has all the charges that `perAddress` allows, and the time until the oldest of them expires. */
  full(shares: Shares, perAddress: number, now: number): Reached | undefined {
    for (const share of shares) {
      const limit = perAddress * share.times;
      const times = this.#recent(share.key, now);
      const comeAgainMs = (times[times.length - limit] ?? now) + this.#options.windowMs - now;
      if (times.length >= limit) {
        return { share, limit, comeAgainMs };
      }
    }
    return undefined;
  }

  charge(shares: Shares, now: number): Charge {
    this.#forget(now);
    for (const { key, times: multiple } of shares) {
      const times = this.#recent(key, now);
      times.push(now);
      if (times.length > this.#options.perAddress * multiple) {
        times.shift();
      }
      this.#times.delete(key);
      this.#times.set(key, times);
    }
    let isCharged = true;
    return {
      giveBack: () => {
        if (isCharged) {
          for (const { key } of shares) {
            this.#remove(key, now);
          }
        }
        isCharged = false;
      },
    };
  }

  #remove(key: string, chargedAt: number): void {
    const times = this.#times.get(key);
    const index = times?.indexOf(chargedAt) ?? -1;
    if (index !== -1) {
      times?.splice(index, 1);
    }
    if (times?.length === 0) {
      this.#times.delete(key);
    }
  }

  #recent(key: string, now: number): number[] {
    const times = this.#times.get(key) ?? [];
    const firstRecent = times.findIndex((at) => now - at < this.#options.windowMs);
    times.splice(0, firstRecent === -1 ? times.length : firstRecent);
    return times;
  }

  /** Drops the shares whose last charge has expired. */
  #forget(now: number): void {
    for (const [key, times] of this.#times) {
      if (now - (times.at(-1) ?? -Infinity) < this.#options.windowMs) {
        return;
      }
      this.#times.delete(key);
    }
  }
}
