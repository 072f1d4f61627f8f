import { fstatSync } from 'node:fs';

/** Whether two descriptors lead to one file, pipe, socket or terminal. */
export function isSameFile(one: number, other: number): boolean {
  const [{ dev, ino }, otherStat] = [fstatSync(one), fstatSync(other)];
  return dev === otherStat.dev && ino === otherStat.ino;
}
