import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';

/** How many files and connections this process may have open. Undefined if the system does not tell. */
export function openFilesLimit(): number | undefined {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

/** How many it has open. Undefined if the system does not tell, or no descriptor is left to ask with. */
export async function countOpenFiles(): Promise<number | undefined> {
  try {
    // One of them is the folder itself.
    return (await readdir('/proc/self/fd')).length - 1;
  } catch {
    return undefined;
  }
}
