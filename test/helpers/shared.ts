import { afterAll } from 'vitest';
import { skipWithout, type Owner } from './skip-without.ts';

/**
 * What the tests of a file share, because starting it is dear: the first test that needs it starts it, and it ends after
 * the last. What one test changes in it, the next one finds. Where this machine cannot start it, each test is skipped.
 */
export function sharedInFile<Thing>(
  start: (owner: Owner) => Promise<Thing>,
): (context: Owner) => Promise<Thing> {
  const ends: (() => void | Promise<void>)[] = [];
  let missing: string | undefined;
  let started: Promise<Thing> | undefined;
  const file: Owner = {
    onTestFinished: (end) => void ends.push(end),
    skip: (reason) => {
      missing = reason;
      throw new Error(reason);
    },
  };
  afterAll(async () => {
    await started?.catch(() => undefined);
    for (const end of ends.toReversed()) {
      await end();
    }
  });
  return async (context) => {
    started ??= start(file);
    try {
      return await started;
    } catch (error) {
      if (missing !== undefined) {
        skipWithout(context, missing);
      }
      throw error;
    }
  };
}
