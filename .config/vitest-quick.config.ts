import { defineConfig } from 'vitest/config';
import { quickTests } from './test-tiers.ts';
import whole from './vitest.config.ts';

const { alone, shared } = quickTests();
// Lists are merged: with it, each project would have all files.
const { include: _all, ...common } = { ...whole.test };

/**
 * `npm run test:quick`: what starts no program, opens no pseudo-terminal, and makes no network. Most files share a
 * worker, for starting one takes as long as many a test.
 */
export default defineConfig({
  ...whole,
  test: {
    ...common,
    maxWorkers: 14,
    projects: [
      { extends: true, test: { name: 'shared', include: shared, isolate: false } },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
  },
});
