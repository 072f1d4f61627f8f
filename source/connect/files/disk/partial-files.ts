import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { appendFile, mkdir, open, rm, unlink, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { errorCode } from '../../../errors.ts';
import type { Entry, Offer } from '../wire/file-messages.ts';
import type { Brought } from '../wire/incoming-order.ts';
import { LocalPaths } from '../wire/local-paths.ts';
import { isHiddenName, numberedName, safeFileName } from '../wire/safe-file-name.ts';
import {
  agreesWith,
  dropUnnoted,
  identityOf,
  readEarlier,
  readJournal,
  rewriteJournal,
  type Begun,
  type Earlier,
} from './journal.ts';
import { fileError } from '../file-failure.ts';
import { dropOld, isBusy } from './old-parts.ts';
import { settle, unusable } from './target-folder.ts';

/** How much is read at once for the hash of what is here already. */
const READ_BYTES = 1024 * 1024;
const nothing: Earlier = { brought: { entries: 0, files: 0, bytes: 0, partialBytes: 0 }, entries: [] };
const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR, O_WRONLY } = constants;

/** An offer, and how it was accepted. */
interface Taken {
  readonly offer: Offer;
  /** Whether its hidden names stay as they are. */
  readonly keepsHidden: boolean;
}

/** The file that is being written. */
interface OpenFile {
  readonly path: string;
  readonly isHidden: boolean;
  readonly handle: FileHandle;
  readonly hash: Hash;
}

/**
 * The part of an offer that has arrived. It lies in a hidden folder (the stage)
 * beside its later place: the files as they come, the process that writes them,
 * and a journal of what was begun, by which a later run finds out how far this
 * one came.
 */
export class PartialFiles {
  /** The stages that this process is working on, over all connections. */
  static readonly #stages = new Set<string>();

  readonly #folder: string;
  readonly #stage: string;
  /** Tells whether it is still the same folder on the disk. */
  readonly #identity: string;
  readonly #name: string;
  readonly #isFolder: boolean;
  /** What an earlier run has received. */
  readonly brought: Brought;
  /** The file of which a part is here already. */
  #begun: Begun | undefined;
  readonly #keepsHidden: boolean;
  /** How many of the names that have come so far are hidden. */
  #hidden: number;
  readonly #paths: LocalPaths;
  #file: OpenFile | undefined;

  private constructor(
    folder: string,
    stage: string,
    identity: string,
    { offer: { name, isFolder }, keepsHidden }: Taken,
    { brought, entries }: Earlier,
  ) {
    this.#folder = folder;
    this.#stage = stage;
    this.#identity = identity;
    this.#name = safeFileName(name, keepsHidden);
    this.#isFolder = isFolder;
    this.brought = brought;
    this.#begun = entries[brought.entries];
    this.#keepsHidden = keepsHidden;
    this.#hidden = [isHiddenName(name), ...entries.map(({ isHidden }) => isHidden)].filter(Boolean).length;
    this.#paths = new LocalPaths(keepsHidden);
    for (const { path, key } of entries) {
      if (key !== undefined) {
        this.#paths.call(key, basename(path));
      }
    }
  }

  /** Goes on with what an earlier run has left in the folder, or begins. Throws ERR_FILE if somebody else is receiving the same. */
  static async open(folder: string, taken: Taken): Promise<PartialFiles> {
    const { fingerprint, name } = taken.offer;
    const stage = join(folder, `.punchline-${Buffer.from(fingerprint).toString('hex', 0, 8)}.part`);
    if (PartialFiles.#stages.has(stage)) {
      throw fileError(`${safeFileName(name)} is being received already`, 'Wait for that one.');
    }
    PartialFiles.#stages.add(stage);
    try {
      return await PartialFiles.#open(folder, stage, taken);
    } catch (error) {
      PartialFiles.#stages.delete(stage);
      throw error;
    }
  }

  static async #open(folder: string, stage: string, taken: Taken): Promise<PartialFiles> {
    const { offer, keepsHidden } = taken;
    const content = join(stage, 'content', safeFileName(offer.name, keepsHidden));
    await dropOld(folder);
    const journal = await readJournal(stage);
    if (journal !== undefined && (await isBusy(stage, journal))) {
      throw fileError(
        `${safeFileName(offer.name)} is being received by another process`,
        'Wait for that one.',
      );
    }
    // A journal without entries counts as none.
    const isBegun = journal !== undefined && journal.entries.length > 0 && agreesWith(journal, keepsHidden);
    const earlier = (isBegun ? await readEarlier(content, journal) : undefined) ?? nothing;
    if (earlier === nothing) {
      await rm(stage, { recursive: true, force: true });
      await mkdir(stage, { mode: 0o700 });
      await mkdir(offer.isFolder ? content : join(stage, 'content'), { recursive: true });
    } else if (offer.isFolder) {
      await rewriteJournal(stage, earlier.entries);
      await dropUnnoted(content, earlier.entries);
    }
    await writeFile(join(stage, 'owner'), `${process.pid}\n`);
    await appendFile(join(stage, 'journal'), '');
    return new PartialFiles(folder, stage, await identityOf(stage), taken, earlier);
  }

  get #content(): string {
    return join(this.#stage, 'content', this.#name);
  }

  /** How many hidden names begin with `_` here. */
  get unhidden(): number {
    return this.#keepsHidden ? 0 : this.#hidden;
  }

  /** Begins the next entry. */
  async begin(entry: Entry): Promise<void> {
    await this.#expectOwn();
    const resumed = this.#begun;
    this.#begun = undefined;
    if (resumed !== undefined && !entry.isFolder) {
      return this.#goOn(resumed, entry);
    }
    const { components, key, isHidden } = this.#paths.of(this.#isFolder ? entry.path : '');
    const [folders, wanted] = [components.slice(0, -1), components.at(-1)];
    for (let n = 0; ; n += 1) {
      const name = wanted === undefined ? '' : numberedName(wanted, n);
      const path = join(this.#content, ...folders, name);
      try {
        await this.#make(path, isHidden, entry);
        const isRenamed = n > 0 && entry.isFolder;
        if (isRenamed) {
          this.#paths.call(key, name);
        }
        if (isHidden) {
          this.#hidden += 1;
        }
        await this.#note(path, entry, { ...(isHidden && { isHidden }), ...(isRenamed && { key }) });
        return;
      } catch (error) {
        // Names that differ at the peer may be the same here.
        if (errorCode(error) !== 'EEXIST' || wanted === undefined || n > 99) {
          throw error;
        }
      }
    }
  }

  /** Writes the next bytes of the file. */
  async write(chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#file === undefined) {
      return;
    }
    const { handle, hash } = this.#file;
    for (const chunk of chunks) {
      hash.update(chunk);
    }
    for (let rest = chunks; rest.length > 0;) {
      let { bytesWritten } = await handle.writev([...rest]);
      const done = rest.findIndex((chunk) => {
        if (bytesWritten < chunk.length) {
          return true;
        }
        bytesWritten -= chunk.length;
        return false;
      });
      rest =
        done < 0 ? [] : [(rest[done] ?? new Uint8Array(0)).subarray(bytesWritten), ...rest.slice(done + 1)];
    }
  }

  /** Ends the file. Returns whether it is the file that was sent. */
  async end(hash: Uint8Array): Promise<boolean> {
    if (this.#file === undefined) {
      return false;
    }
    const file = this.#file;
    this.#file = undefined;
    await file.handle.close();
    return file.hash.digest().equals(hash);
  }

  /** The file does not come. What is here of it goes, so that nothing of it gets its name. */
  async skip(): Promise<void> {
    const file = this.#file;
    await this.#closeFile();
    await this.#expectOwn();
    if (file !== undefined) {
      await unlink(file.path);
      this.#hidden -= file.isHidden ? 1 : 0;
    }
  }

  /** All has come. Gives it its name, and returns the path. */
  async settle(): Promise<string> {
    await this.#expectOwn();
    const path = await settle(this.#content, this.#folder, this.#name);
    await this.discard();
    return path;
  }

  /** Removes all of it. */
  async discard(): Promise<void> {
    try {
      await this.#closeFile();
      await rm(this.#stage, { recursive: true, force: true });
    } finally {
      PartialFiles.#stages.delete(this.#stage);
    }
  }

  /** Leaves what is here for a later run. */
  async leave(): Promise<void> {
    try {
      await this.#closeFile();
    } finally {
      PartialFiles.#stages.delete(this.#stage);
    }
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close();
  }

  /** Others who may write to the folder cannot write into the stage, but they can put something else in its place. */
  async #expectOwn(): Promise<void> {
    const identity = await identityOf(this.#stage);
    if (identity !== this.#identity) {
      throw unusable(this.#folder, 'somebody has changed its content');
    }
  }

  /** Rejects with EEXIST if something has this path. */
  async #make(path: string, isHidden: boolean, { isFolder, isExecutable }: Entry): Promise<void> {
    if (isFolder) {
      await mkdir(path);
      return;
    }
    const handle = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, isExecutable ? 0o777 : 0o666);
    this.#file = { path, isHidden, handle, hash: createHash('sha256') };
  }

  /** Goes on with a file of which a part is here. */
  async #goOn({ path: inside, isHidden = false }: Begun, entry: Entry): Promise<void> {
    const path = join(this.#content, inside);
    const handle = await open(path, O_RDWR | O_NOFOLLOW);
    const hash = createHash('sha256');
    this.#file = { path, isHidden, handle, hash };
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    for (let at = 0; at < entry.from;) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(READ_BYTES, entry.from - at), null);
      if (bytesRead === 0) {
        return;
      }
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  }

  async #note(
    path: string,
    { isFolder, bytes }: Entry,
    more: Pick<Begun, 'isHidden' | 'key'>,
  ): Promise<void> {
    const inside = path
      .slice(this.#content.length + 1)
      .split(sep)
      .join('/');
    const line = `${JSON.stringify({ path: inside, isFolder, bytes, ...more })}\n`;
    await appendFile(join(this.#stage, 'journal'), line, { flag: O_WRONLY | O_APPEND | O_NOFOLLOW });
  }
}
