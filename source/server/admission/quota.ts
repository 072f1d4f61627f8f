import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Reached } from './refusal.ts';
import type { Shares } from './shares.ts';

export interface QuotaOptions {
  readonly windowMs: number;
  /** How often it may happen for each address, and for all together. */
  readonly perAddress: number;
  readonly inAll: number;
}

/** Bounds how often something may happen within a fixed window: for each share, and for all. */
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

  /** Counts one event, or returns the limit that is reached. Without shares, only the limit for all counts. */
  async take(shares: Shares): Promise<Reached | undefined> {
    const { perAddress, inAll } = this.#options;
    // This limit is checked first. So there are never more keys in memory than two for each event that it allows.
    const all = await this.#inAll.get(everybody);
    if (all !== null && all.remainingPoints === 0) {
      return { share: undefined, limit: inAll, comeAgainMs: all.msBeforeNext };
    }
    // An event counts for the next limit only if it passed the one before. So a flood takes nothing from others.
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
