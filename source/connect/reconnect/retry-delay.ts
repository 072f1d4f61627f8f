import { PunchlineError } from '../../errors.ts';

/** The longest first pause. On average it is three quarters of that. */
const FIRST_MS = 1000;
const GROWTH = 1.5;
/** A place that does not answer, or refuses us, is visited less and less often. This is the longest pause. */
const MAX_MS = 5000;
/** A visit that lasted this long ends a row of failures. */
const STEADY_MS = 10_000;

/** Our own network refuses. No server has heard of us, and the network may be back in a moment. */
const offline: ReadonlySet<unknown> = new Set([
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTUNREACH',
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
]);

/**
 * How long a search waits before it visits the place again. The pause grows
 * with each failure. It also grows if the place answers each time and then ends
 * the visit: a place must not decide how often we come. Time comes in as `now`
 * in ms, chance as a number below 1.
 */
export class RetryDelay {
  #metAt: number | undefined;
  #failures = 0;

  /** The place has answered. */
  met(now: number): void {
    this.#metAt ??= now;
  }

  /** The visit failed. Returns in how many ms to visit again. Throws what is no expected failure. */
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
