import { PunchlineError } from '../../errors.ts';

/** The first pause, on average three quarters of it. */
const FIRST_MS = 1000;
const GROWTH = 1.5;
/** A place that is away, or refuses us, is asked less and less often, and not less than so. */
const MAX_MS = 5000;
/** A place that has kept us for so long is no part of a row of failures. */
const STEADY_MS = 10_000;

/** Our own network says no: no server has heard of it, and the way may be free in a moment. */
const offline: ReadonlySet<unknown> = new Set([
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTUNREACH',
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
]);

/**
 * How long a search waits before it meets a place once more. It grows with
 * each failure, also where the place answers each time and then ends it: that
 * is in its hand, and so must not decide how often we come. Time comes in as
 * `now` in ms, chance as a number below 1.
 */
export class RetryDelay {
  #metAt: number | undefined;
  #failures = 0;

  /** The place has answered. */
  met(now: number): void {
    this.#metAt ??= now;
  }

  /** It failed: in how many ms to go there again. Throws what is no expected failure. */
  nextMs(failure: unknown, now: number, chance: number): number {
    if (!(failure instanceof PunchlineError)) {
      throw failure;
    }
    const hasKept = this.#metAt !== undefined && now - this.#metAt >= STEADY_MS;
    if (hasKept || isOffline(failure)) {
      this.#failures = 0;
    }
    this.#metAt = undefined;
    const longestMs = Math.min(MAX_MS, FIRST_MS * GROWTH ** this.#failures);
    this.#failures += 1;
    return longestMs * (0.5 + chance / 2);
  }
}

function isOffline({ cause }: PunchlineError): boolean {
  return cause instanceof Error && 'code' in cause && offline.has(cause.code);
}
