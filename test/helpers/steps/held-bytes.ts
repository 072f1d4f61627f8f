import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** So many at once that the noise of everything else is small beside them. */
const COPIES = 60;
/** Buffers are freed by another thread, a moment after the collection that found them. */
const SWEPT_MS = 20;

// Vitest's workers cannot be started with the flag.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as NodeJS.GCFunction;

/** How much memory one of what `create` makes holds: heap and buffers, after a full collection. */
export async function heldBytes(create: () => object): Promise<number> {
  // What is made once for all is not held by one.
  create();
  const before = await usedBytes();
  const held = Array.from({ length: COPIES }, create);
  const after = await usedBytes();
  return (after - before) / held.length;
}

/** Heap and buffers in use, after full collections. */
export async function usedBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    await pause(SWEPT_MS);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
