import { defineConfig } from 'vitest/config';
import { longTests } from './test-tiers.ts';
import whole from './vitest.config.ts';

/** `npm run test:long`: what takes too long for each change. */
export default defineConfig({
  ...whole,
  test: {
    ...whole.test,
    include: [longTests],
    exclude: [],
    testTimeout: 40 * 60_000,
    // Each of them fills the machine.
    maxWorkers: 1,
  },
});
