import { defineConfig } from 'vitest/config';
import { quickTests } from './test-tiers.ts';
import { common, define, sharedProject } from './vitest-common.ts';

const { alone, shared } = quickTests();

/** `npm run test:quick`: what starts no program, opens no pseudo-terminal, and makes no network. */
export default defineConfig({
  define,
  test: {
    ...common,
    maxWorkers: 6,
    projects: [sharedProject(shared), { extends: true, test: { name: 'alone', include: alone } }],
  },
});
