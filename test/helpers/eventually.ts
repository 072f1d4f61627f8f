/** Waits for something to happen. Only the limit of the test itself bounds the wait. */
import { TestRunner } from 'vitest';

/** Taken here, because tests may replace the clock. Waiting always uses the real one. */
const { setTimeout: realTimeout, clearTimeout: clearRealTimeout, Date: RealDate } = globalThis;

/** Bounds the waits in clean-up after a test. It is shorter than vitest's `hookTimeout`. */
const hookMs = 55_000;

/** Waiting ends this long before the test's limit, so that the failure can tell what was seen. */
const marginMs = 1000;

/**
 * The interval between two looks. There is no event to wait for, because so
 * many kinds of events can change the result. A long wait looks less often: each
 * vain look makes an error, and takes time from the other workers.
 */
function nextLookMs(waitedMs: number): number {
  return Math.min(15, Math.max(5, waitedMs / 10));
}

/**
 * How long the test may still wait, in ms: until shortly before its own limit.
 * Single steps have no limits of their own, because a slow machine would only
 * exceed those sooner.
 */
export function patienceMs(): number {
  const test = TestRunner.getCurrentTest();
  if (test?.result?.state !== 'run') {
    return hookMs;
  }
  const endsAt = (test.result.startTime ?? RealDate.now()) + test.timeout;
  return Math.max(0, endsAt - RealDate.now() - marginMs);
}

/**
 * Resolves with the result of `look` as soon as it does not throw.
 *
 * @throws the last error of `look`, when the test's time is up
 */
export async function eventually<Found>(look: () => Found | Promise<Found>): Promise<Found> {
  const startedAt = RealDate.now();
  const endsAt = startedAt + patienceMs();
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (RealDate.now() >= endsAt) {
        throw error;
      }
    }
    await new Promise((resolve) => {
      realTimeout(resolve, nextLookMs(RealDate.now() - startedAt));
    });
  }
}

/** Everything that has happened and will happen. One can wait for something without searching all of it again. */
export class Heard<One> {
  readonly all: One[] = [];
  readonly #waiting = new Set<(one: One) => void>();

  add(one: One): void {
    this.all.push(one);
    for (const waiting of this.#waiting) {
      waiting(one);
    }
  }

  /**
   * Resolves with the first match, past or to come.
   *
   * @throws an error with the latest item, when the test's time is up
   */
  async first(matches: (one: One) => boolean): Promise<One> {
    const past = this.all.find((one) => matches(one));
    if (past !== undefined) {
      return past;
    }
    const found = Promise.withResolvers<One>();
    function take(one: One): void {
      if (matches(one)) {
        found.resolve(one);
      }
    }
    this.#waiting.add(take);
    const timer = realTimeout(() => {
      found.reject(
        new Error(`not among ${this.all.length}; the latest is ${JSON.stringify(this.all.at(-1))}`),
      );
    }, patienceMs());
    try {
      return await found.promise;
    } finally {
      clearRealTimeout(timer);
      this.#waiting.delete(take);
    }
  }
}

/** In looks. Anything that waits for a timer or a full buffer moves again within so many. */
const stillLooks = 20;

/**
 * Resolves when `read` has given the same value many times. On a slow machine
 * that may be too early, so a test must not rely on it: what it expects
 * afterwards must hold before as well.
 */
export async function standsStill(read: () => number): Promise<void> {
  let before = read();
  let same = 0;
  await eventually(() => {
    const now = read();
    same = now === before ? same + 1 : 0;
    before = now;
    if (same < stillLooks) {
      throw new Error(`it moves, and is at ${now}`);
    }
  });
}
