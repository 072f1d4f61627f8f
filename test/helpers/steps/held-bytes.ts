import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { samples } from '../samples.ts';

/** The median counts: the test runner uses memory, too, whenever its threads come to it. */
const MEASUREMENTS = 3;
/** So many copies that other changes of memory are small beside them. */
const COPIES = samples(60);
/** Buffers are freed by another thread, a moment after a collection. */
const SWEPT_MS = 20;
/** On a busy machine that thread may come late. */
const VAIN_ROUNDS = 2;
/** Each round frees a little of what the round itself has used. */
const SMALL_BYTES = 65_536;

// The workers of vitest cannot be started with this flag.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as NodeJS.GCFunction;

/** The memory that one object of `create` holds: heap and buffers, after a full collection. The median of three measurements. */
export async function heldBytes(create: () => object): Promise<number> {
  // This first call makes what all objects share.
  create();
  // All copies are kept, so that each measurement begins where the last one has ended.
  const kept: object[] = [];
  const measured: number[] = [];
  let before = await usedBytes();
  for (let n = 0; n < MEASUREMENTS; n += 1) {
    kept.push(Array.from({ length: COPIES }, create));
    const after = await usedBytes();
    measured.push((after - before) / COPIES);
    before = after;
  }
  return measured.toSorted((one, other) => one - other)[Math.floor(kept.length / 2)]!;
}

/** The heap and buffers in use, when full collections free no more. */
export async function usedBytes(): Promise<number> {
  let lowest = Infinity;
  for (let vain = 0; vain < VAIN_ROUNDS; vain += 1) {
    collect({ type: 'major', execution: 'sync' });
    await pause(SWEPT_MS);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const used = heapUsed + arrayBuffers;
    if (used < lowest - SMALL_BYTES) {
      vain = 0;
    }
    lowest = Math.min(lowest, used);
  }
  return lowest;
}
