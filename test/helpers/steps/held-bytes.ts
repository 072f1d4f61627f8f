import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** So many copies that other changes of memory are small beside them. */
const COPIES = 30;
/** Buffers are freed by another thread, a moment after a collection. */
const SWEPT_MS = 20;

// The workers of vitest cannot be started with this flag.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as NodeJS.GCFunction;

/** The memory that one object of `create` holds: heap and buffers, after a full collection. */
export async function heldBytes(create: () => object): Promise<number> {
  // This first call makes what all objects share.
  create();
  const before = await usedBytes();
  const held = Array.from({ length: COPIES }, create);
  const after = await usedBytes();
  return (after - before) / held.length;
}

/** The heap and buffers in use after full collections. */
export async function usedBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    await pause(SWEPT_MS);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
