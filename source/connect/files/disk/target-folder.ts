import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, link, lstat, mkdir, open, rename, rm, stat, statfs, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorCode, PunchlineError } from '../../../errors.ts';
import { numberedName } from '../wire/safe-file-name.ts';
import { fileTrouble } from '../../../storage/file-trouble.ts';
import { leadsNowhere } from './leads-nowhere.ts';
import { fileError } from '../file-failure.ts';

/** Bounds how many files of one name may be in a folder. */
const MAX_NUMBER = 999;

/** Parts of offers are also looked for, so it must be possible to list the folder. */
const needed = constants.R_OK | constants.W_OK | constants.X_OK;

/** The error that nothing can be put into a folder. */
export function unusable(path: string, why: string, cause?: unknown, hint = 'Choose another folder.') {
  return fileError(`nothing can be put into ${path}: ${why}`, hint, cause);
}

/** The folder to put something into, as an absolute path. Throws ERR_FILE if nothing can be put there. */
export async function targetFolder(folder: string): Promise<string> {
  const path = resolve(folder);
  try {
    if (!(await stat(path)).isDirectory()) {
      throw unusable(path, 'it is not a folder');
    }
    await access(path, needed);
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'ERR_FILE') {
      throw error;
    }
    if (await leadsNowhere(path, error)) {
      throw unusable(path, 'it is a link that leads nowhere', error);
    }
    const hint = code === 'ENOENT' ? 'Make that folder, or choose another one.' : undefined;
    throw unusable(path, fileTrouble(error), error, hint);
  }
  return path;
}

/**
 * Makes a folder in it as a transfer does, and removes it again: only that shows
 * whether the path leaves room for names, and whether the file system takes new
 * folders. Throws ERR_FILE if nothing can be put there.
 */
export async function expectTargetFolder(folder: string): Promise<void> {
  const path = await targetFolder(folder);
  const stage = join(path, `.punchline-${randomBytes(8).toString('hex')}.part`);
  try {
    // One by one: in /proc, Node never ends to make them together.
    await mkdir(stage, { mode: 0o700 });
    await mkdir(join(stage, 'content'));
    await rm(stage, { recursive: true });
  } catch (error) {
    await rm(stage, { recursive: true, force: true }).catch(() => undefined);
    // The folder is there. For a new one in it, /proc says ENOENT.
    const why = errorCode(error) === 'ENOENT' ? 'it takes no new folders' : fileTrouble(error);
    throw unusable(path, why, error);
  }
}

/** The disk has too little room. How much it has is for this side alone. */
export class NoRoom extends PunchlineError {
  readonly forPeer = "there is no room for it on the peer's disk";

  constructor(folder: string, bytes: number, free: number) {
    const why = `${bytes} bytes are needed, and the disk has ${free} free`;
    super('ERR_FILE', `nothing can be put into ${folder}: ${why}`, {
      hint: 'Make room, or choose another folder.',
    });
  }
}

/** Throws NoRoom if the disk of the folder has less room than that. */
export async function expectRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const free = bavail * bsize;
  // One that names no blocks at all does not count its room: a ramfs, and some file systems of programs.
  if (blocks > 0 && free < bytes) {
    throw new NoRoom(folder, bytes, free);
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
