/**
 * Checks that a folder is this user's alone: nobody else but root may change what
 * is in it, or put another folder in its place. A folder that the environment
 * names (HOME, XDG_CACHE_HOME, TMPDIR) may be somebody else's: under `sudo -E`,
 * or inside a folder that everybody may write to. Windows has no modes, so there
 * every folder is taken for the user's own.
 */
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { errorCode } from '../errors.ts';

/** The user id of root. */
export const ROOT = 0;
/** The bits of a mode that let the group or all others write. */
export const WRITABLE = 0o022;
/** The bits of a mode that let the group or all others do anything. */
export const OPEN = 0o077;
/** In a folder with this bit, only the owner of an entry or of the folder can rename or remove the entry. */
const STICKY = 0o1000;

/**
 * Returns the folder at `path`, with the mode 0700, as a path without links. A
 * missing folder is created, and so is its parent. Throws an Error with the
 * reason: the path is not absolute, or it is a link, or others can change it.
 */
export function ownFolder(path: string): string {
  if (!isAbsolute(path)) {
    throw new Error(`${path} is no absolute path`);
  }
  const folder = join(standing(dirname(path)), basename(path));
  // Somebody else may have been faster, so we check the folder in any case.
  make(folder);
  const euid = process.geteuid?.();
  if (euid === undefined) {
    return folder;
  }
  const stats = lstatSync(folder);
  if (!stats.isDirectory()) {
    throw new Error(`${folder} ${stats.isSymbolicLink() ? 'is a link' : 'is not a folder'}`);
  }
  if (stats.uid !== euid) {
    throw new Error(`${folder} belongs to another user (${stats.uid})`);
  }
  if ((stats.mode & WRITABLE) !== 0) {
    throw new Error(`${folder} is open to others`);
  }
  // Nobody else could write to it until now. Closed to others, it protects entries of any mode.
  if ((stats.mode & OPEN) !== 0) {
    chmodSync(folder, 0o700);
  }
  return folder;
}

/**
 * Makes a new folder for this user alone in the folder for temporary files.
 * Throws an Error with the reason if that is not possible.
 */
export function ownTempFolder(prefix: string): string {
  const above = realpathSync.native(tmpdir());
  // In a user namespace root may have another number, which strangers share. That is safe enough for a draft.
  expectOutOfReach(above, lstatSync('/').uid);
  return mkdtempSync(join(above, prefix));
}

/**
 * Throws an Error if somebody else could replace the folder, or an entry in it
 * that belongs to this user or root. `folder` must be a path without links, so
 * that it cannot lead to another folder afterwards.
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

/** Whether somebody else but root could put something into the folder. The path must be without links. */
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

/** The folder at `path`, as a path without links; created if it is missing. Throws if others can change it. */
function standing(path: string): string {
  let folder: string;
  try {
    folder = realpathSync.native(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') {
      throw error;
    }
    const above = realpathSync.native(dirname(path));
    expectOutOfReach(above);
    folder = join(above, basename(path));
    make(folder);
  }
  expectOutOfReach(folder);
  return folder;
}

/** Not `recursive`: with that, Node tries for ever in a folder that takes no folders, such as /proc. */
function make(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') {
      throw error;
    }
  }
}
