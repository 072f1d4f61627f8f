/**
 * Whether a folder is this user's alone: nobody else but root may change what is
 * in it, or put another in its place. Where the environment names a place (HOME,
 * XDG_CACHE_HOME, TMPDIR), it may be somebody else's: under `sudo -E`, or in a
 * folder that all may write to. On Windows, where modes say nothing, all is taken
 * for the user's own.
 */
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';

const ROOT = 0;
/** The bits of a mode that let the group or all others write. */
const WRITABLE = 0o022;
/** The bits of a mode that let the group or all others do anything. */
const OPEN = 0o077;
/** In a folder with this bit, an entry is renamed and removed by its owner alone, or the folder's. */
const STICKY = 0o1000;

/**
 * The folder at `path`, with the mode 0700, as a path without links. It is made
 * where it is missing, and so is the one that it stands in. Throws an Error that
 * says why not: no absolute path, a link, or within reach of others.
 */
export function ownFolder(path: string): string {
  if (!isAbsolute(path)) {
    throw new Error(`${path} is no absolute path`);
  }
  const folder = join(standing(dirname(path)), basename(path));
  // Where somebody else was first, this makes nothing: what is there is looked at all the same.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const euid = process.geteuid?.();
  if (euid === undefined) {
    return folder;
  }
  const stats = lstatSync(folder);
  if (!stats.isDirectory()) {
    throw new Error(`${folder} is a link`);
  }
  if (stats.uid !== euid) {
    throw new Error(`${folder} belongs to another user (${stats.uid})`);
  }
  if ((stats.mode & WRITABLE) !== 0) {
    throw new Error(`${folder} is open to others`);
  }
  // Nobody else could write to it until now; what comes to stand in it may have any mode.
  if ((stats.mode & OPEN) !== 0) {
    chmodSync(folder, 0o700);
  }
  return folder;
}

/**
 * A new folder, for this user alone, in the one for temporary files. Throws an
 * Error that says why not.
 */
export function ownTempFolder(prefix: string): string {
  const above = realpathSync.native(tmpdir());
  // In a user namespace root may have another number, which strangers have there, too: good enough for a draft.
  expectOutOfReach(above, lstatSync('/').uid);
  return mkdtempSync(join(above, prefix));
}

/**
 * Throws an Error where somebody else could put another folder, or an entry of
 * this user's or root's in it, in the place of what is there. `folder` is a path
 * without links, so that what it leads to cannot change afterwards.
 */
export function expectOutOfReach(folder: string, root = ROOT): void {
  const euid = process.geteuid?.();
  if (euid === undefined) {
    return;
  }
  for (let at = folder; ; at = dirname(at)) {
    const { mode, uid } = lstatSync(at);
    if (uid !== euid && uid !== root) {
      throw new Error(`${at} belongs to another user (${uid})`);
    }
    if ((mode & WRITABLE) !== 0 && (mode & STICKY) === 0) {
      throw new Error(`${at} is open to others`);
    }
    if (at === dirname(at)) {
      return;
    }
  }
}

/** Whether somebody else but root could put something into a folder, whose path is without links. */
export function isShared(folder: string): boolean {
  if (process.geteuid === undefined) {
    return false;
  }
  try {
    expectOutOfReach(folder);
  } catch {
    return true;
  }
  return (lstatSync(folder).mode & WRITABLE) !== 0;
}

/** The folder at `path` without links, out of reach of others; made where it is missing. */
function standing(path: string): string {
  let folder: string;
  try {
    folder = realpathSync.native(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      throw error;
    }
    const above = realpathSync.native(dirname(path));
    expectOutOfReach(above);
    folder = join(above, basename(path));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  expectOutOfReach(folder);
  return folder;
}
