import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { PUNCHLINE_VERSION: '"0.0.0-test"' },
  test: {
    root: '.',
    include: ['test/**/*.test.{ts,tsx}'],
    // Ends what hangs, and nothing else: real sockets, processes and namespaces take long on a machine under load.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most of the time is spent waiting for networks and other processes: one more than the two cores that CI has.
    maxWorkers: 3,
    reporters: ['default', './test/helpers/skip-reporter.ts'],
  },
});
