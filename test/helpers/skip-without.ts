/** For whom something is started: it ends with that. A test is one. */
export interface Owner {
  readonly onTestFinished: (end: () => void | Promise<void>) => void;
  readonly skip: (reason: string) => never;
}

/**
 * Skips a test, with the reason, if this machine lacks something that it needs.
 * Under CI the test fails instead: CI installs everything, and nobody reads
 * there what was skipped.
 */
export function skipWithout(context: Owner, reason: string): never {
  if (process.env['CI'] !== undefined) {
    throw new Error(`not to be skipped where CI is set: ${reason}`);
  }
  return context.skip(reason);
}
