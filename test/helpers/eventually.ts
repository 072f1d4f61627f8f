/** Waiting for what comes, bounded by nothing but the limit of the test itself. */
import { TestRunner } from 'vitest';

/** Tests may run on a clock of their own; waiting never does. */
const { setTimeout: realTimeout, clearTimeout: clearRealTimeout, Date: RealDate } = globalThis;

/** How long cleaning up after a test may wait, where `hookTimeout` is the limit. */
const hookMs = 55_000;

/** Before the limit itself, so that what was seen is told, and not merely that time is up. */
const marginMs = 1000;

/** How often it looks: what it looks at changes by events of many kinds. */
const lookEveryMs = 5;

/**
 * How long something may still be waited for, in ms: until shortly before the
 * test's own limit, for there is no other. Steps of a test need no limits of
 * their own, which a slow machine would only reach sooner.
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
 * Resolves with what `look` returns, as soon as it does not throw.
 *
 * @throws what `look` threw last, when the test's time is up.
 */
export async function eventually<Found>(look: () => Found | Promise<Found>): Promise<Found> {
  const endsAt = RealDate.now() + patienceMs();
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (RealDate.now() >= endsAt) {
        throw error;
      }
    }
    await new Promise((resolve) => {
      realTimeout(resolve, lookEveryMs);
    });
  }
}

/** What has happened so far, and what happens: it can be waited for without looking through all of it again. */
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
   * Resolves with the first that matches, past or to come.
   *
   * @throws with the latest one, when the test's time is up.
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

/** In looks: what is held up by a timer or a full buffer moves again before. */
const stillLooks = 20;

/**
 * Resolves when `read` gives the same again and again. A machine that is slow
 * may make it seem still too soon: nothing may be expected afterwards that is
 * not true before as well.
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
