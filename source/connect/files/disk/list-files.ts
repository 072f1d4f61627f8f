import { createHash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { access, opendir, open, stat, lstat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { MAX_PATH_BYTES } from '../wire/file-messages.ts';
import { MAX_ENTRIES } from '../wire/incoming-order.ts';
import { isHiddenName } from '../wire/safe-file-name.ts';
import { fileError, fileTrouble } from '../file-failure.ts';

export interface ListedEntry {
  /** The path on this computer. */
  readonly path: string;
  /** The path inside the offered folder, with slashes; empty for a file that is offered alone. */
  readonly inside: string;
  readonly isFolder: boolean;
  readonly isExecutable: boolean;
  readonly bytes: number;
  /** When it was last changed, in ns since the epoch. */
  readonly changedAt: bigint;
}

/** The offered file or folder, as it was when it was offered. */
export interface Listing {
  readonly name: string;
  readonly isFolder: boolean;
  readonly files: number;
  readonly bytes: number;
  readonly fingerprint: Uint8Array;
  /** In the order in which they are sent: a folder comes before what it holds. */
  readonly entries: readonly ListedEntry[];
  /** How many links, devices and the like there are, which are not sent. */
  readonly leftOut: number;
  /** How many names in the folder are hidden: see safe-file-name.ts. */
  readonly hidden: number;
}

/** A file is executable if one of these bits is set. */
const EXECUTABLE_BITS = 0o111n;

/**
 * Lists a file, or a folder with all that it holds. A link is followed if it is
 * named itself, and left out in a folder. Throws ERR_FILE, also if one of the
 * files cannot be read.
 */
export async function listFiles(path: string): Promise<Listing> {
  const whole = resolve(path);
  const entries: ListedEntry[] = [];
  let leftOut = 0;

  function add(at: string, inside: string, stats: BigIntStats): boolean {
    const isFolder = stats.isDirectory();
    if (!isFolder && !stats.isFile()) {
      return false;
    }
    if (Buffer.byteLength(inside) > MAX_PATH_BYTES) {
      throw unsendable(at, 'its path is too long');
    }
    entries.push({
      path: at,
      inside,
      isFolder,
      isExecutable: !isFolder && (stats.mode & EXECUTABLE_BITS) !== 0n,
      bytes: isFolder ? 0 : Number(stats.size),
      changedAt: isFolder ? 0n : stats.mtimeNs,
    });
    if (entries.length > MAX_ENTRIES) {
      throw unsendable(whole, `it holds more than ${MAX_ENTRIES} files and folders`);
    }
    return true;
  }

  async function walk(at: string, inside: string): Promise<void> {
    for (const name of await namesIn(at)) {
      const here = join(at, name);
      const within = inside === '' ? name : `${inside}/${name}`;
      const its = await statsOf(here, lstat);
      if (!add(here, within, its)) {
        leftOut += 1;
      } else if (its.isDirectory()) {
        await walk(here, within);
      } else {
        await expectPermission(here);
      }
    }
  }

  const stats = await statsOf(whole, stat);
  const isFolder = stats.isDirectory();
  if (isFolder) {
    await walk(whole, '');
  } else if (!add(whole, '', stats)) {
    throw unsendable(whole, 'it is neither a file nor a folder');
  } else {
    await expectReadable(whole);
  }
  const name = basename(whole) || 'files';
  return {
    name,
    isFolder,
    files: entries.filter((entry) => !entry.isFolder).length,
    bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
    fingerprint: fingerprintOf(name, isFolder, entries),
    entries,
    leftOut,
    hidden: entries.filter(({ path: at, inside }) => inside !== '' && isHiddenName(basename(at))).length,
  };
}

/** Sorts the names, so that the same folder is always the same offer. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    const names: string[] = [];
    for await (const { name } of await opendir(folder)) {
      names.push(name);
      if (names.length > MAX_ENTRIES) {
        break;
      }
    }
    return names.toSorted();
  } catch (cause) {
    throw unsendable(folder, fileTrouble(cause), cause);
  }
}

async function statsOf(
  path: string,
  read: (path: string, options: { bigint: true }) => Promise<BigIntStats>,
): Promise<BigIntStats> {
  try {
    return await read(path, { bigint: true });
  } catch (cause) {
    throw unsendable(path, fileTrouble(cause), cause);
  }
}

async function expectReadable(path: string): Promise<void> {
  try {
    await (await open(path)).close();
  } catch (cause) {
    throw unsendable(path, fileTrouble(cause), cause);
  }
}

/** For the files of a folder: there may be thousands, and to open each takes longer. */
async function expectPermission(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw unsendable(path, fileTrouble(cause), cause);
  }
}

/** Tells one state of files from another without reading them. Whether they are really the same, the hashes at the end decide. */
function fingerprintOf(name: string, isFolder: boolean, entries: readonly ListedEntry[]): Uint8Array {
  const hash = createHash('sha256').update(JSON.stringify([name, isFolder]));
  for (const { inside, isExecutable, bytes, changedAt, isFolder: holds } of entries) {
    hash.update(JSON.stringify([inside, holds, isExecutable, bytes, String(changedAt)]));
  }
  return hash.digest();
}

function unsendable(path: string, why: string, cause?: unknown) {
  return fileError(`${path} cannot be sent: ${why}`, 'Choose another file.', cause);
}
