import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { PUNCHLINE_VERSION: '"0.0.0-test"' },
  test: {
    root: '.',
    include: ['test/**/*.test.{ts,tsx}'],
    // Real sockets, processes and namespaces: a machine under load must not fail a fact.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Most of the time is spent waiting for networks and other processes: one more than the two cores that CI has.
    maxWorkers: 3,
    reporters: ['default', './test/helpers/skip-reporter.ts'],
  },
});
