import { RateLimiterMemory } from 'rate-limiter-flexible';

export interface QuotaOptions {
  readonly windowMs: number;
  /** How often for each key, and for all keys together. */
  readonly perKey: number;
  readonly inAll: number;
  /** A key that exceeds its share is out for this long; by default until its window ends. */
  readonly blockMs?: number;
}

/** Whose share is used up, and when there is one again. */
export interface Exceeded {
  readonly by: 'key' | 'all';
  readonly comeAgainMs: number;
}

/** What was taken beyond a limit; the library rejects with it. */
interface Spent {
  readonly msBeforeNext: number;
}

/** How often something may happen within a window: by key, and in all. */
export class Quota {
  readonly #perKey: RateLimiterMemory;
  readonly #inAll: RateLimiterMemory;

  constructor({ windowMs, perKey, inAll, blockMs = 0 }: QuotaOptions) {
    const duration = windowMs / 1000;
    this.#perKey = new RateLimiterMemory({ points: perKey, duration, blockDuration: blockMs / 1000 });
    this.#inAll = new RateLimiterMemory({ points: inAll, duration });
  }

  /** Counts once. Without a key, only in all. */
  async take(key: string | undefined): Promise<Exceeded | undefined> {
    // Looked at first: so there are never more keys in memory than the window has room for in all.
    const all = await this.#inAll.get(everybody);
    if (all !== null && all.remainingPoints === 0) return { by: 'all', comeAgainMs: all.msBeforeNext };
    try {
      if (key !== undefined) await this.#perKey.consume(key);
      // Only what passed the first counts for the second: one who floods takes no share of the others'.
      await this.#inAll.consume(everybody);
      return undefined;
    } catch (error) {
      if (error instanceof Error) throw error;
      return { by: 'key', comeAgainMs: (error as Spent).msBeforeNext };
    }
  }

  /** How often this key has taken, and how long that is remembered; nothing is counted. */
  async look(key: string): Promise<{ readonly taken: number; readonly comeAgainMs: number }> {
    const spent = await this.#perKey.get(key);
    return { taken: spent?.consumedPoints ?? 0, comeAgainMs: spent?.msBeforeNext ?? 0 };
  }
}

const everybody = 'all';
