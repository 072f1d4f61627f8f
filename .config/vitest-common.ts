import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { TestUserConfig } from 'vitest/config';

// Compiling takes a fifth of the start of a worker, and half of the start of a program in TypeScript. Both inherit it.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(
  new URL('../node_modules/.cache/compiled', import.meta.url),
);

export const define = { PUNCHLINE_VERSION: '"0.0.0-test"' };

/** What the three tiers share. */
export const common = {
  root: '.',
  // Where no terminal started the tests, as in CI, the variable is missing, and a screen takes its terminal for a dumb one.
  env: { TERM: 'xterm' },
  // Ends what hangs, and nothing else: real sockets, processes and namespaces take long on a machine under load.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  reporters: ['default', './test/helpers/skip-reporter.ts'],
} satisfies TestUserConfig;

/** Files that share a worker, for starting one takes as long as many a test. */
export function sharedProject(include: string[], exclude: string[] = []) {
  return { extends: true, test: { name: 'shared', include, exclude, isolate: false } } as const;
}
