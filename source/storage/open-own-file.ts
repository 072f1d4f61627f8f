import { closeSync, constants, fchmodSync, fstatSync, openSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isShared } from './own-folder.ts';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
/** Without O_NONBLOCK, a FIFO that nobody reads would stop the whole program, here and at every line. */
const FLAGS = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK;
const ROOT = 0;
/** The bits of a mode that let the group or all others do anything. */
const OPEN = 0o077;

/**
 * Opens a file or pipe to append what only this user may read, and returns its
 * descriptor. It is made where it is missing, and closed to others where it is
 * not. Throws an Error where it is another user's, and where others could have
 * put a link there that leads to something else of this user's.
 */
export function openOwnFile(path: string): number {
  // From here on by a path in which no link can be changed: what is looked at is what is opened.
  const folder = realpathSync.native(dirname(path));
  const shared = isShared(folder);
  const file = openSync(join(folder, basename(path)), shared ? FLAGS | O_NOFOLLOW : FLAGS, 0o600);
  try {
    const stats = fstatSync(file);
    expectOwn(stats, shared);
    // Not a terminal: others may write to that.
    if ((stats.isFile() || stats.isFIFO()) && (stats.mode & OPEN) !== 0) {
      fchmodSync(file, 0o600);
    }
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function expectOwn(stats: Stats, shared: boolean): void {
  const euid = process.geteuid?.();
  if (euid === undefined || stats.uid === euid) {
    if (shared && stats.isFile() && stats.nlink > 1) {
      throw new Error('it has another name elsewhere');
    }
    return;
  }
  // A terminal or /dev/full, for example: nothing is kept there.
  if (stats.uid === ROOT && stats.isCharacterDevice()) {
    return;
  }
  throw new Error(`it belongs to another user (${stats.uid})`);
}
