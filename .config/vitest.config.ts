import { defineConfig } from 'vitest/config';
import { allTests, longTests, measuringTests } from './test-tiers.ts';
import { NetworkFirst } from './network-first.ts';
import { common, define, sharedProject } from './vitest-common.ts';

const alone = measuringTests();

/** `npm test`: all that a change can break. */
export default defineConfig({
  define,
  test: {
    ...common,
    // Many tests wait for networks and other processes: one more than the two cores that CI has. A fourth one makes it slower.
    maxWorkers: 3,
    sequence: { sequencer: NetworkFirst },
    projects: [
      sharedProject([allTests], [longTests, ...alone]),
      { extends: true, test: { name: 'alone', include: alone } },
    ],
  },
});
