import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Reached } from './refusal.ts';
import type { Shares } from './shares.ts';

export interface QuotaOptions {
  readonly windowMs: number;
  /** How often for each address, and for all together. */
  readonly perAddress: number;
  readonly inAll: number;
}

/** How often something may happen within a window: by share, and in all. */
export class Quota {
  readonly #options: QuotaOptions;
  readonly #byShare: RateLimiterMemory;
  readonly #inAll: RateLimiterMemory;

  constructor(options: QuotaOptions) {
    this.#options = options;
    const { windowMs, perAddress, inAll } = options;
    const duration = windowMs / 1000;
    this.#byShare = new RateLimiterMemory({ points: perAddress, duration });
    this.#inAll = new RateLimiterMemory({ points: inAll, duration });
  }

  /** Counts once. Without a share, only in all. */
  async take(shares: Shares): Promise<Reached | undefined> {
    const { perAddress, inAll } = this.#options;
    // Looked at first: so the keys in memory are never more than two for each that the window has room for in all.
    const all = await this.#inAll.get(everybody);
    if (all !== null && all.remainingPoints === 0) {
      return { share: undefined, limit: inAll, comeAgainMs: all.msBeforeNext };
    }
    // Only what passed one counts for the next: whoever floods takes nothing from the share of the others.
    for (const share of shares) {
      const limit = perAddress * share.times;
      const { consumedPoints, msBeforeNext } = await this.#byShare.penalty(share.key);
      if (consumedPoints > limit) {
        return { share, limit, comeAgainMs: msBeforeNext };
      }
    }
    await this.#inAll.penalty(everybody);
    return undefined;
  }
}

const everybody = 'all';
