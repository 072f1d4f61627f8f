import {
  closeSync,
  constants,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { open, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from '../../errors.ts';
import { draftOf, removeDraft, syncFolder } from './durable-files.ts';
import { memoryError, usingFile } from './memory-error.ts';

const ID_BYTES = 16;
/** Bounds the file. */
export const MAX_IDS = 4000;
/** How many remain when there would be more: twice as many as can wait at the sender (waiting-messages.ts). */
export const KEPT_IDS = 2000;

/** Not for appending: what a failed write has left is written over by the next one. */
const { O_CREAT, O_TRUNC, O_WRONLY } = constants;
const idPattern = /^[\da-f]{32}$/;
const syncData = promisify(fdatasync);

/** Ids that are written, and wait for one sync together. */
interface Batch {
  readonly ids: string[];
  readonly done: PromiseWithResolvers<void>;
}

/**
 * The ids of the last messages that came, in the file `received`, so that none is
 * taken twice. They are written at once, in the tick of the call: a process that
 * is killed afterwards has lost none. Only a power cut needs the sync.
 */
export class ReceivedIds {
  readonly #path: string;
  #ids: Set<string>;
  /** How long the file is, and how much of it a power cut would leave. */
  #bytes: number;
  #syncedBytes: number;
  #file: number | undefined;
  /** The file that a sync is using. */
  #syncedFile: number | undefined;
  /** Whether the name of the file is not on the disk yet. */
  #hasNewName = false;
  /** The ids for which a sync has to follow. */
  #batch: Batch | undefined;
  #syncing: Batch | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(path: string, ids: readonly string[], bytes: number) {
    this.#path = path;
    this.#ids = new Set(ids);
    this.#bytes = bytes;
    this.#syncedBytes = bytes;
  }

  /** Reads `received` of a friend's folder, and cuts off an id that was not written to its end. Rejects with ERR_FILE. */
  static async open(friendFolder: string): Promise<ReceivedIds> {
    const path = join(friendFolder, 'received');
    await removeDraft(path);
    const { ids, bytes } = await usingFile(path, 'read', () => readIds(path));
    return new ReceivedIds(path, ids, bytes);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /**
   * Writes the id before this returns, and resolves when it is on the disk. Rejects with ERR_FILE if the disk does not
   * take it, and then does not know the id. Rejects with RangeError for an id that is none.
   */
  async add(id: string): Promise<void> {
    if (!idPattern.test(id)) {
      throw new RangeError(`no id of a message: ${id}`);
    }
    if (this.#ids.has(id)) {
      return [this.#syncing, this.#batch].find((batch) => batch?.ids.includes(id))?.done.promise;
    }
    try {
      this.#write(Buffer.from(id, 'hex'));
    } catch (error) {
      throw memoryError(this.#path, 'written', error);
    }
    this.#ids.add(id);
    this.#batch ??= { ids: [], done: Promise.withResolvers() };
    const { ids, done } = this.#batch;
    ids.push(id);
    if (this.#syncing === undefined && ids.length === 1) {
      this.#running = this.#sync();
    }
    return done.promise;
  }

  /** Resolves when nothing is under way. Nothing can be added afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    if (this.#file !== undefined) {
      closeSync(this.#file);
      this.#file = undefined;
    }
  }

  #write(id: Uint8Array): void {
    if (this.#isClosed) {
      throw Object.assign(new Error('closed'), { code: 'EBADF' });
    }
    if (this.#bytes >= MAX_IDS * ID_BYTES) {
      this.#compact();
    }
    if (this.#file === undefined) {
      this.#file = openSync(this.#path, O_WRONLY | O_CREAT, 0o600);
      this.#hasNewName ||= this.#bytes === 0;
    }
    writeAll(this.#file, id, this.#bytes);
    this.#bytes += id.length;
  }

  /** Puts a file with the last ids in the place of this one. It is small, and this is rare, so that it may block. */
  #compact(): void {
    const kept = [...this.#ids].slice(-KEPT_IDS);
    const draft = draftOf(this.#path);
    const file = openSync(draft, O_WRONLY | O_CREAT | O_TRUNC, 0o600);
    try {
      writeFileSync(file, Buffer.from(kept.join(''), 'hex'));
      fsyncSync(file);
      renameSync(draft, this.#path);
    } catch (error) {
      closeSync(file);
      rmSync(draft, { force: true });
      throw error;
    }
    // The sync that uses the old file closes it at its end.
    if (this.#file !== undefined && this.#file !== this.#syncedFile) {
      closeSync(this.#file);
    }
    this.#file = file;
    this.#hasNewName = true;
    this.#ids = new Set(kept);
    this.#bytes = kept.length * ID_BYTES;
    // All of it is on the disk, but for the name. So what is under way is still taken back if the sync of that fails.
    const underWay = (this.#syncing?.ids.length ?? 0) + (this.#batch?.ids.length ?? 0);
    this.#syncedBytes = Math.max(0, kept.length - underWay) * ID_BYTES;
  }

  async #sync(): Promise<void> {
    // All that is added in the same tick shares the sync.
    await Promise.resolve();
    for (let batch = this.#batch; batch !== undefined; batch = this.#batch) {
      this.#syncing = batch;
      this.#batch = undefined;
      try {
        await this.#syncFile();
        batch.done.resolve();
      } catch (error) {
        this.#takeBack(error);
      }
      this.#syncing = undefined;
    }
  }

  async #syncFile(): Promise<void> {
    const [file, bytes] = [this.#file, this.#bytes];
    if (file === undefined) {
      return;
    }
    this.#syncedFile = file;
    try {
      await this.#syncIt(file);
      if (file === this.#file) {
        this.#syncedBytes = bytes;
      }
    } finally {
      this.#syncedFile = undefined;
      if (file !== this.#file) {
        closeSync(file);
      }
    }
  }

  async #syncIt(file: number): Promise<void> {
    try {
      await syncData(file);
    } catch (error) {
      // A file that was put in the place of this one meanwhile has its ids on the disk.
      if (file === this.#file) {
        throw error;
      }
    }
    if (this.#hasNewName) {
      this.#hasNewName = false;
      try {
        await syncFolder(dirname(this.#path));
      } catch (error) {
        this.#hasNewName = true;
        throw error;
      }
    }
  }

  /** The sync has failed. What was added since the last one may not be acknowledged, and so must not be known, either. */
  #takeBack(error: unknown): void {
    const failed = [this.#syncing, this.#batch].filter((batch) => batch !== undefined);
    this.#batch = undefined;
    try {
      ftruncateSync(this.#file ?? -1, this.#syncedBytes);
      this.#bytes = this.#syncedBytes;
    } catch {
      // The disk takes nothing any more. The ids that remain were written, but nobody has been told.
    }
    for (const { ids, done } of failed) {
      for (const id of ids) {
        this.#ids.delete(id);
      }
      done.reject(memoryError(this.#path, 'written', error));
    }
  }
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  // On a disk that becomes full, the first write takes a part, and the second one fails.
  for (let at = 0; at < bytes.length;) {
    at += writeSync(file, bytes, at, bytes.length - at, position + at);
  }
}

/** The last ids of a file, and how long it is without a torn end. */
async function readIds(path: string): Promise<{ readonly ids: readonly string[]; readonly bytes: number }> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return { ids: [], bytes: 0 };
    }
    throw error;
  }
  try {
    const { size } = await file.stat();
    const bytes = size - (size % ID_BYTES);
    const length = Math.min(bytes, MAX_IDS * ID_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, bytes - length);
    if (bytes < size) {
      await truncate(path, bytes);
    }
    const ids = Array.from({ length: Math.floor(bytesRead / ID_BYTES) }, (_, index) =>
      buffer.toString('hex', index * ID_BYTES, (index + 1) * ID_BYTES),
    );
    return { ids, bytes };
  } finally {
    await file.close();
  }
}
