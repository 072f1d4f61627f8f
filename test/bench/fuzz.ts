import * as fc from 'fast-check';
import { performance } from 'node:perf_hooks';
import { decoders } from '../helpers/decoders/decoders.ts';
import { usedBytes } from '../helpers/steps/held-bytes.ts';
import type { Figure } from './figure.ts';

const INPUTS = 100_000;
/**
 * Allowed for what the program keeps for good, such as compiled code. A leak of
 * 200 bytes per input would be twice as much.
 */
const MAX_GROWTH_MB = 10;

/**
 * Feeds every decoder with inputs that are made to break it. Only expected
 * errors may come out, and no memory may be kept.
 */
export async function fuzz(): Promise<Figure[]> {
  const figures: Figure[] = [];
  let mostMegabytes = 0;
  for (const { name, property } of decoders) {
    // After this run, everything that is made only once exists.
    await fc.check(property, { numRuns: 1000 });
    const before = await usedBytes();
    const startedAt = performance.now();
    const { failed, numRuns, seed, counterexamplePath, errorInstance } = await fc.check(property, {
      numRuns: INPUTS,
    });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const failures = failed ? 1 : 0;
    process.stdout.write(`      ${name}: ${numRuns} inputs, ${seconds} s, ${failures} failures\n`);
    if (failed) {
      process.stdout.write(`      seed ${seed}, path ${counterexamplePath}: ${String(errorInstance)}\n`);
    }
    figures.push({
      name: `fuzz: ${name}, inputs without a failure`,
      value: numRuns - failures,
      atLeast: INPUTS,
    });
    mostMegabytes = Math.max(mostMegabytes, ((await usedBytes()) - before) / 1e6);
  }
  const memory = 'fuzz: memory that a decoder has left behind, MB at most';
  return [...figures, { name: memory, value: mostMegabytes, atMost: MAX_GROWTH_MB }];
}
