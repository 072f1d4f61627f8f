import { defineConfig } from 'vitest/config';
import { allTests, longTests } from './test-tiers.ts';

/** `npm test`: all that a change can break. */
export default defineConfig({
  define: { PUNCHLINE_VERSION: '"0.0.0-test"' },
  test: {
    root: '.',
    include: [allTests],
    exclude: [longTests],
    // Where no terminal started the tests, as in CI, the variable is missing, and a screen takes its terminal for a dumb one.
    env: { TERM: 'xterm' },
    // Ends what hangs, and nothing else: real sockets, processes and namespaces take long on a machine under load.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most of the time is spent waiting for networks and other processes: one more than the two cores that CI has.
    maxWorkers: 3,
    reporters: ['default', './test/helpers/skip-reporter.ts'],
  },
});
