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
    if (this.#left < 1) return false;
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
