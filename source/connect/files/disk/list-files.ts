import { createHash } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { opendir, open, stat, lstat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { MAX_PATH_BYTES } from '../wire/file-messages.ts';
import { MAX_ENTRIES } from '../wire/incoming-order.ts';
import { isHiddenName } from '../wire/safe-file-name.ts';
import { sentNames } from '../wire/sent-names.ts';
import { fileTrouble } from '../../../storage/file-trouble.ts';
import { leadsNowhere } from './leads-nowhere.ts';
import { fileError } from '../file-failure.ts';
import { errorCode, PunchlineError } from '../../../errors.ts';
import type { MissingFile } from '../../../events.ts';

export interface ListedEntry {
  /** The path on this computer. It is bytes, because a name need not be UTF-8. */
  readonly path: Buffer;
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
  /** The files and folders that cannot be read. The offer goes without them. */
  readonly unreadable: readonly MissingFile[];
  /** How many names in the folder are hidden: see safe-file-name.ts. */
  readonly hidden: number;
}

interface ListOptions {
  readonly maxEntries?: number | undefined;
  /** Ends the listing. */
  readonly signal?: AbortSignal | undefined;
}

/** A file is executable if one of these bits is set. */
const EXECUTABLE_BITS = 0o111n;
/** Bounds the descriptors that are open while files are looked at. More would be no faster: four threads do the work. */
const MAX_LOOKS = 16;
/** How many names are read at once. */
const NAMES_AT_ONCE = 1024;

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/**
 * Lists a file, or a folder with all that it holds, and opens each file to see
 * whether it can be read. A link is followed if it is named itself, and left out
 * in a folder. Throws ERR_FILE if nothing can be sent, or the signal's reason.
 */
export async function listFiles(
  path: string,
  { maxEntries = MAX_ENTRIES, signal }: ListOptions = {},
): Promise<Listing> {
  signal?.throwIfAborted();
  const whole = resolve(path);
  const name = basename(whole) || 'files';
  const place = { path: Buffer.from(path || '.'), inside: '' };
  const folder = new FolderListing(whole, maxEntries, signal);
  let isFolder: boolean;
  try {
    const stats = await stat(place.path, { bigint: true });
    isFolder = stats.isDirectory();
    if (isFolder) {
      await folder.walk(place);
    } else if (stats.isFile()) {
      await expectReadable(place.path, 0);
      folder.entries.push(entryOf(place, stats));
    } else {
      throw unsendable(whole, 'it is neither a file nor a folder');
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof PunchlineError ? error : await refusal(whole, error);
  }
  signal?.throwIfAborted();
  const { entries, leftOut, unreadable } = folder;
  const files = entries.filter((entry) => !entry.isFolder).length;
  const [first] = unreadable;
  if (files === 0 && first !== undefined) {
    const more = unreadable.length === 1 ? '' : `, and ${unreadable.length - 1} more`;
    throw unsendable(whole, `it holds nothing that can be read: ${first.path} (${first.reason})${more}`);
  }
  return {
    name,
    isFolder,
    files,
    bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
    fingerprint: fingerprintOf(name, isFolder, entries),
    entries,
    leftOut,
    unreadable,
    hidden: entries.filter(({ inside }) => inside !== '' && isHiddenName(basename(inside))).length,
  };
}

/** A file or a folder, and its path inside the offered folder. */
type Place = Pick<ListedEntry, 'path' | 'inside'>;

/** What a folder holds, as far as it was walked through. */
class FolderListing {
  readonly #whole: string;
  readonly #maxEntries: number;
  readonly #signal: AbortSignal | undefined;
  readonly entries: ListedEntry[] = [];
  readonly unreadable: MissingFile[] = [];
  leftOut = 0;

  constructor(whole: string, maxEntries: number, signal: AbortSignal | undefined) {
    this.#signal = signal;
    this.#whole = whole;
    this.#maxEntries = maxEntries;
  }

  /** Rejects if the folder itself cannot be read. What it holds is missing then. */
  async walk(folder: Place): Promise<void> {
    const places = await this.#placesIn(folder);
    if (folder.inside !== '') {
      this.entries.push(entryOf(folder));
    }
    for (let at = 0; at < places.length; at += MAX_LOOKS) {
      this.#signal?.throwIfAborted();
      const looks = places
        .slice(at, at + MAX_LOOKS)
        .map(async (place) => ({ place, look: await lookAt(place) }));
      for (const { place, look } of await Promise.all(looks)) {
        await this.#add(place, look);
      }
    }
  }

  async #add(place: Place, look: Look): Promise<void> {
    if (look.kind === 'file') {
      this.entries.push(look.entry);
    } else if (look.kind === 'other') {
      this.leftOut += 1;
    } else if (look.kind === 'unreadable') {
      this.unreadable.push({ path: place.inside, reason: look.reason });
    } else {
      try {
        await this.walk(place);
      } catch (error) {
        this.#signal?.throwIfAborted();
        if (error instanceof PunchlineError) {
          throw error;
        }
        this.unreadable.push({ path: place.inside, reason: reasonOf(error) });
      }
    }
    this.#expectFew(this.entries.length + this.unreadable.length);
  }

  async #placesIn({ path, inside }: Place): Promise<readonly Place[]> {
    const names: Buffer[] = [];
    // The types of Node know only texts here.
    const options = { encoding: 'buffer' as BufferEncoding, bufferSize: NAMES_AT_ONCE };
    for await (const { name } of await opendir(path, options)) {
      this.#signal?.throwIfAborted();
      names.push(Buffer.from(name));
      this.#expectFew(names.length);
    }
    return sentNames(names).map(({ name, bytes }) => ({
      path: Buffer.concat([path, Buffer.from('/'), bytes]),
      inside: inside === '' ? name : `${inside}/${name}`,
    }));
  }

  #expectFew(entries: number): void {
    if (entries > this.#maxEntries) {
      throw unsendable(this.#whole, `it holds more than ${this.#maxEntries} files and folders`);
    }
  }
}

type Look =
  | { readonly kind: 'file'; readonly entry: ListedEntry }
  | { readonly kind: 'folder' | 'other' }
  | { readonly kind: 'unreadable'; readonly reason: string };

async function lookAt(place: Place): Promise<Look> {
  if (Buffer.byteLength(place.inside) > MAX_PATH_BYTES) {
    return { kind: 'unreadable', reason: 'its path is too long' };
  }
  try {
    const stats = await lstat(place.path, { bigint: true });
    if (!stats.isFile()) {
      return { kind: stats.isDirectory() ? 'folder' : 'other' };
    }
    await expectReadable(place.path, O_NOFOLLOW);
    return { kind: 'file', entry: entryOf(place, stats) };
  } catch (error) {
    return { kind: 'unreadable', reason: reasonOf(error) };
  }
}

/** Opens it, because the mode does not tell: access lists, network drives and locks decide, too. Waits for no pipe that has taken its place. */
async function expectReadable(path: Buffer, flags: number): Promise<void> {
  await (await open(path, O_RDONLY | O_NONBLOCK | flags)).close();
}

/** The entry of a file with these properties, or of a folder. */
function entryOf({ path, inside }: Place, file?: BigIntStats): ListedEntry {
  return {
    path,
    inside,
    isFolder: file === undefined,
    isExecutable: file !== undefined && (file.mode & EXECUTABLE_BITS) !== 0n,
    bytes: Number(file?.size ?? 0n),
    changedAt: file?.mtimeNs ?? 0n,
  };
}

/** Tells one state of files from another without reading them. Whether they are really the same, the hashes at the end decide. */
function fingerprintOf(name: string, isFolder: boolean, entries: readonly ListedEntry[]): Uint8Array {
  const hash = createHash('sha256').update(JSON.stringify([name, isFolder]));
  for (const { inside, isExecutable, bytes, changedAt, isFolder: holds } of entries) {
    hash.update(JSON.stringify([inside, holds, isExecutable, bytes, String(changedAt)]));
  }
  return hash.digest();
}

function reasonOf(error: unknown): string {
  return `it cannot be read: ${fileTrouble(error)}`;
}

/** Stands for bytes that are not UTF-8 in all that is typed and in the words of a command line. */
const replacement = '\u{FFFD}';

async function refusal(path: string, error: unknown): Promise<PunchlineError> {
  if (errorCode(error) === 'ENOENT' && path.includes(replacement)) {
    const why = `it is not there; ${replacement} stands for bytes that are not UTF-8, and they cannot be named here`;
    return unsendable(path, why, error, 'Rename it, or send the folder that holds it.');
  }
  const isNowhere = await leadsNowhere(path, error);
  return unsendable(path, isNowhere ? 'it is a link that leads nowhere' : fileTrouble(error), error);
}

function unsendable(path: string, why: string, cause?: unknown, hint = 'Choose another file.') {
  return fileError(`${path} cannot be sent: ${why}`, hint, cause);
}
