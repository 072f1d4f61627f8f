import { defineConfig } from 'vitest/config';
import { quickTests } from './test-tiers.ts';
import { common, define, sharedProject } from './vitest-common.ts';

const { alone, processes, shared } = quickTests();

/** `npm run test:quick`: what starts no program, opens no pseudo-terminal, and makes no network. */
export default defineConfig({
  define,
  test: {
    ...common,
    env: { ...common.env, PUNCHLINE_QUICK_TESTS: '1' },
    // Compiling everything takes a tenth of the time.
    fsModuleCache: true,
    // A thread starts sooner than a process.
    pool: 'threads',
    // Most tests wait for timers and sockets: six minutes in all, beside 80 s of work.
    maxWorkers: 12,
    projects: [
      sharedProject(shared),
      { extends: true, test: { name: 'alone', include: alone } },
      { extends: true, test: { name: 'processes', include: processes, pool: 'forks' } },
    ],
  },
});
