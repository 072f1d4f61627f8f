/** A channel that lasted so long is no part of a row of failures. */
const STEADY_MS = 10_000;
/** Before the third channel in a row; twice as long before each that follows. */
const FIRST_MS = 500;
/** As seldom as a rendezvous that is away is asked. */
const MAX_MS = 5000;

/**
 * How long a session that has lost its channel waits before it looks for the
 * next one: not at all, unless channels go as soon as they have come. Else a
 * peer that closes each, or whatever is in between and does so, would have us
 * meet and punch as fast as we can. Time comes in as `now` (ms, any origin).
 */
export class ReconnectDelay {
  #begunAt = -Infinity;
  #short = 0;

  /** There is a channel. */
  begun(now: number): void {
    this.#begunAt = now;
  }

  /** It is in doubt, or gone: in how many ms to look for another. */
  nextMs(now: number): number {
    this.#short = now - this.#begunAt < STEADY_MS ? this.#short + 1 : 0;
    return this.#short < 2 ? 0 : Math.min(MAX_MS, FIRST_MS * 2 ** (this.#short - 2));
  }
}
