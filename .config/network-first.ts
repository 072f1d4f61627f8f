import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { networkTests } from './test-tiers.ts';

/**
 * Tests in networks first. They wait much and compute little, so they go well
 * beside others, and the last minutes must not be one worker's waiting.
 */
export class NetworkFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const first = new Set(networkTests());
    // oxlint-disable-next-line unicorn/no-array-sort -- a sequencer's own method, and no array's
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(other) - rank(one));

    function rank({ moduleId }: TestSpecification): number {
      return Number(first.has(relative('.', moduleId)));
    }
  }
}
