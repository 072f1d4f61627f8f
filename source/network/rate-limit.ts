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
    if (this.#maxBytes === Infinity) return 0;
    this.#bytes = Math.min(this.#maxBytes, this.#bytes + (now - this.#filledAt) * this.#bytesPerMs) - bytes;
    this.#filledAt = now;
    return this.#bytes >= 0 ? 0 : Math.ceil(-this.#bytes / this.#bytesPerMs);
  }
}
