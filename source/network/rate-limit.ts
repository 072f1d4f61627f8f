/**
 * How long a stream of bytes must rest so that it stays below a rate. Bytes
 * that have come are passed on, so that the bucket may go below zero; whoever
 * took them out then waits until it is filled again. Holds one second's worth.
 * Time comes in as `now` (ms, any monotonic origin).
 */
export class TokenBucket {
  readonly #bytesPerMs: number;
  readonly #maxBytes: number;
  #bytes: number;
  #filledAt: number;

  /** Infinity: no bound. */
  constructor(bytesPerSecond: number, now: number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#maxBytes = bytesPerSecond;
    this.#bytes = bytesPerSecond;
    this.#filledAt = now;
  }

  /** Takes so many bytes out. Returns for how many ms no more may be taken. */
  take(bytes: number, now: number): number {
    if (this.#maxBytes === Infinity) {
      return 0;
    }
    this.#bytes = Math.min(this.#maxBytes, this.#bytes + (now - this.#filledAt) * this.#bytesPerMs) - bytes;
    this.#filledAt = now;
    return this.#bytes >= 0 ? 0 : Math.ceil(-this.#bytes / this.#bytesPerMs);
  }
}

/** Bounds how often something happens: some at once, and then one each time. Time comes in as `now` in ms. */
export class Allowance {
  readonly #burst: number;
  readonly #everyMs: number;
  #left: number;
  #since: number | undefined;

  constructor(burst: number, everyMs: number) {
    this.#burst = burst;
    this.#everyMs = everyMs;
    this.#left = burst;
  }

  /** Whether it may happen now; then it counts. */
  take(now: number): boolean {
    this.#earn(now);
    if (this.#left < 1) {
      return false;
    }
    this.#left -= 1;
    return true;
  }

  /** It has happened so often: that counts, also beyond what there was. Whether nothing is owed. */
  charge(now: number, times: number): boolean {
    this.#earn(now);
    this.#left -= times;
    return this.#left >= 0;
  }

  #earn(now: number): void {
    const earned = Math.floor((now - (this.#since ?? now)) / this.#everyMs);
    this.#left += earned;
    this.#since = (this.#since ?? now) + earned * this.#everyMs;
    // Who has all may not save up.
    if (this.#left >= this.#burst) {
      this.#left = this.#burst;
      this.#since = now;
    }
  }
}
