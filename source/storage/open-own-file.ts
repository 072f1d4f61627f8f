import { closeSync, constants, fchmodSync, fstatSync, openSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isShared, OPEN, ROOT } from './own-folder.ts';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
/** Without O_NONBLOCK, a FIFO that nobody reads would block the whole program, at the open and at every write. */
const FLAGS = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK;

/**
 * Opens a file or pipe to append text that only this user may read, and returns
 * its descriptor. A missing file is created; an existing one is closed to
 * others. Throws an Error if it is another user's, or if others could have put
 * a link there that leads to another file of this user's.
 */
export function openOwnFile(path: string): number {
  // From here on we use a path without links, so that the folder that we check is the one in which we open the file.
  const folder = realpathSync.native(dirname(path));
  const shared = isShared(folder);
  const file = openSync(join(folder, basename(path)), shared ? FLAGS | O_NOFOLLOW : FLAGS, 0o600);
  try {
    const stats = fstatSync(file);
    expectOwn(stats, shared);
    // A terminal keeps its mode: others may write to it.
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
  // A device such as a terminal or /dev/full stores nothing.
  if (stats.uid === ROOT && stats.isCharacterDevice()) {
    return;
  }
  throw new Error(`it belongs to another user (${stats.uid})`);
}
