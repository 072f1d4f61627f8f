/** A channel that lasted this long ends a row of failures. */
const STEADY_MS = 10_000;
/** The pause before the third channel in a row. It doubles before each channel after that. */
const FIRST_MS = 500;
/** The longest pause, the same as between two visits to a place that does not answer. */
const MAX_MS = 5000;

/**
 * How long a session that has lost its channel waits before it looks for the
 * next one. It does not wait, unless channels end soon after they have begun:
 * without a pause, a peer or a middlebox that closes each of them would make us
 * meet and punch as fast as we can. Time comes in as `now` (ms, any origin).
 */
export class ReconnectDelay {
  #begunAt = -Infinity;
  #short = 0;

  /** A channel has begun. */
  begun(now: number): void {
    this.#begunAt = now;
  }

  /** The channel is suspect, or gone. Returns in how many ms to look for another. */
  nextMs(now: number): number {
    this.#short = now - this.#begunAt < STEADY_MS ? this.#short + 1 : 0;
    return this.#short < 2 ? 0 : Math.min(MAX_MS, FIRST_MS * 2 ** (this.#short - 2));
  }
}
