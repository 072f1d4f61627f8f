/**
 * Files that survive a crash and a power cut. There is one process that uses
 * them, so that a draft has a fixed name, and one that is found was left by a
 * crash. All of them reject with Node's error.
 */
import { lstatSync } from 'node:fs';
import { open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import { errorCode } from '../../errors.ts';

const draftEnd = '.draft';
const damagedEnd = '.damaged';

/** The name under which a file is written, until it is whole. */
export function draftOf(path: string): string {
  return `${path}${draftEnd}`;
}

/** Writes a draft until it is on the disk, and returns its path. Rename it afterwards. Leaves no draft if it fails. */
export async function writeDraft(path: string, bytes: Uint8Array): Promise<string> {
  const draft = draftOf(path);
  try {
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await removeDraft(path);
    throw error;
  }
  return draft;
}

/** Removes what a crash has left. It does no harm if it stays. */
export async function removeDraft(path: string): Promise<void> {
  await unlink(draftOf(path)).catch(() => undefined);
}

/** Resolves when the names in a folder are on the disk. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folder, and keeps its names safe by itself.
  if (process.platform === 'win32') {
    return;
  }
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems, such as those of network drives, sync no folder at all.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP'].includes(errorCode(error) ?? '')) {
      throw error;
    }
  } finally {
    await handle.close();
  }
}

/** The bytes of a file; undefined if nothing is there. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** The names in a folder; none if it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return [];
    }
    throw error;
  }
}

/** Keeps a damaged file under a name that nothing has, and returns the new path. */
export async function setAside(path: string): Promise<string> {
  for (let n = 1; ; n += 1) {
    const aside = n === 1 ? `${path}${damagedEnd}` : `${path}.${n}${damagedEnd}`;
    // Nobody else works in this folder, so that the name is still free afterwards.
    if (lstatSync(aside, { throwIfNoEntry: false }) === undefined) {
      await rename(path, aside);
      await syncFolder(dirname(path));
      return aside;
    }
  }
}
