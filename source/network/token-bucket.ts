/**
 * Bounds a rate: `size` at once, and then one more each `everyMs`.
 *
 * The library rate-limiter-flexible counts within fixed windows and answers
 * with a promise. `server/admission/quota.ts` counts whole minutes with it.
 * This class is for bytes and lines that have been read already. They are
 * charged at once, even beyond what the bucket holds, and the answer is how
 * long to wait before the next read. Time comes in as `now` (ms, of a clock
 * that starts at 0 or later and never goes back).
 */
export class TokenBucket {
  readonly #size: number;
  readonly #everyMs: number;
  #tokens: number;
  /** When the last token was earned, or the bucket was last full. */
  #earnedAt = 0;

  /** It starts full. A size of Infinity is no bound. */
  constructor(size: number, everyMs: number) {
    this.#size = size;
    this.#everyMs = everyMs;
    this.#tokens = size;
  }

  /** For a stream of bytes: it holds as many as may pass in one second. */
  static ofBytes(perSecond: number): TokenBucket {
    return new TokenBucket(perSecond, 1000 / perSecond);
  }

  /** Takes one token if there is one. */
  take(now: number): boolean {
    this.#earn(now);
    if (this.#tokens < 1) {
      return false;
    }
    this.#tokens -= 1;
    return true;
  }

  /** Charges for what has happened, even if that leaves a debt. Returns how many ms it takes to pay the debt; 0: none. */
  charge(now: number, tokens: number): number {
    this.#earn(now);
    this.#tokens -= tokens;
    return this.#tokens >= 0 ? 0 : Math.ceil(this.#earnedAt - this.#tokens * this.#everyMs - now);
  }

  #earn(now: number): void {
    const earned = Math.floor((now - this.#earnedAt) / this.#everyMs);
    // Without a bound, `earned` is NaN. At a rate of 0 it is 0, and 0 times the endless `everyMs` would be NaN.
    if (earned > 0) {
      this.#tokens += earned;
      this.#earnedAt += earned * this.#everyMs;
    }
    // A full bucket earns nothing: an idle hour buys no larger burst.
    if (this.#tokens >= this.#size) {
      this.#tokens = this.#size;
      this.#earnedAt = now;
    }
  }
}
