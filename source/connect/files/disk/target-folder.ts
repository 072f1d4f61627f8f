import { constants } from 'node:fs';
import { access, link, lstat, open, rename, stat, statfs, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorCode } from '../../../errors.ts';
import { numberedName } from '../wire/safe-file-name.ts';
import { fileError, fileTrouble } from '../file-failure.ts';

/** Bounds how many files of one name may be in a folder. */
const MAX_NUMBER = 999;

/** The error that nothing can be put into a folder. */
export function unusable(path: string, why: string, cause?: unknown) {
  return fileError(`nothing can be put into ${path}: ${why}`, 'Choose another folder.', cause);
}

/** The folder to put something into, as an absolute path. Throws ERR_FILE if nothing can be put there. */
export async function targetFolder(folder: string): Promise<string> {
  const path = resolve(folder);
  try {
    if (!(await stat(path)).isDirectory()) {
      throw unusable(path, 'it is not a folder');
    }
    await access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (errorCode(error) === 'ERR_FILE') {
      throw error;
    }
    throw unusable(path, fileTrouble(error), error);
  }
  return path;
}

/** Throws ERR_FILE if the disk of the folder has less room than that. */
export async function expectRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < bytes) {
    throw unusable(folder, `${bytes} bytes are needed, and the disk has ${free} free`);
  }
}

/**
 * Moves a file or folder from `from`, on the same file system, into the folder.
 * If something there has its name already, it gets a number, and nothing is
 * written over. Returns the path.
 */
export async function settle(from: string, folder: string, name: string): Promise<string> {
  const isFolder = (await lstat(from)).isDirectory();
  for (let n = 0; n <= MAX_NUMBER; n += 1) {
    const path = join(folder, numberedName(name, n));
    try {
      await (isFolder ? moveFolder(from, path) : moveFile(from, path));
      return path;
    } catch (error) {
      if (!taken.has(errorCode(error) ?? '')) {
        throw error;
      }
    }
  }
  throw unusable(folder, `it holds ${name} ${MAX_NUMBER} times already`);
}

const taken = new Set(['EEXIST', 'ENOTEMPTY', 'ENOTDIR']);

/** Gives the file a second name, which fails if something has that name. The first name goes when the stage is removed. */
async function moveFile(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') {
      throw error;
    }
    // Not every file system has links. Without them, an empty file holds the name for the moment.
    await (await open(to, 'wx')).close();
    try {
      await rename(from, to);
    } catch (unmoved) {
      await unlink(to);
      throw unmoved;
    }
  }
}

/** A rename of a folder can only replace an empty folder, so that a look before is enough. */
async function moveFolder(from: string, to: string): Promise<void> {
  const there = await lstat(to).catch(() => undefined);
  if (there !== undefined) {
    throw Object.assign(new Error(`${to} is there`), { code: 'EEXIST' });
  }
  await rename(from, to);
}
