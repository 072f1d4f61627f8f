import type { TestContext } from 'vitest';

/**
 * Skips a test, with the reason, if this machine lacks something that it needs.
 * Under CI the test fails instead: CI installs everything, and nobody reads
 * there what was skipped.
 */
export function skipWithout(context: TestContext, reason: string): never {
  if (process.env['CI'] !== undefined) {
    throw new Error(`not to be skipped where CI is set: ${reason}`);
  }
  return context.skip(reason);
}
