import { defineConfig } from 'vitest/config';
import { longTests } from './test-tiers.ts';
import { common, define } from './vitest-common.ts';

/** `npm run test:long`: what takes too long for each change. */
export default defineConfig({
  define,
  test: {
    ...common,
    include: [longTests],
    testTimeout: 40 * 60_000,
    // Each of them fills the machine.
    maxWorkers: 1,
  },
});
