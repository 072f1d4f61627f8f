/** Waiting for what comes, bounded by nothing but the limit of the test itself. */
import { TestRunner } from 'vitest';

/** Tests may run on a clock of their own; waiting never does. */
const { setTimeout: realTimeout, Date: RealDate } = globalThis;

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
