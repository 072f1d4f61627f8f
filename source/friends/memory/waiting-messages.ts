import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, PunchlineError } from '../../errors.ts';
import { abbreviateHome } from '../../storage/home-folder.ts';
import type { WaitingMessage } from '../friend.ts';
import { namesIn, removeDraft, setAside, syncFolder, writeDraft } from './durable-files.ts';
import { usingFile } from './memory-error.ts';
import { decodeWritten, encodeWritten, MAX_CONTENT_BYTES } from './record-content.ts';
import { NONCE_BYTES, openRecord, SEAL_BYTES, sealRecord, type RecordName } from './sealed-record.ts';
import { Turns } from './turns.ts';

/** Bounds what one meeting must deliver. The receiver remembers twice as many ids (received-ids.ts). */
export const MAX_WAITING = 1000;
/** Bounds the room on the disk, and what is read at the start. */
export const MAX_WAITING_BYTES = 8 * 1024 * 1024;

const NUMBER_DIGITS = 12;
const namePattern = /^(?<number>\d{12})-(?<id>[\da-f]{32})$/;
const draftPattern = /^\d{12}-[\da-f]{32}\.draft$/;
const idPattern = /^[\da-f]{32}$/;

/** The file of a message. */
interface WaitingFile {
  readonly name: string;
  readonly bytes: number;
}

/**
 * The messages that a friend does not have yet: one file each, sealed, in the
 * folder `waiting/`. A file gets its name only when all of it is on the disk.
 * One after the other, so that a crash never leaves a message without those that
 * were kept before it.
 */
export class WaitingMessages {
  readonly #folder: string;
  readonly #key: Uint8Array;
  readonly #files = new Map<string, WaitingFile>();
  readonly #turns = new Turns();
  readonly #found: WaitingMessage[] = [];
  #damaged = 0;
  #last = 0;
  #bytes = 0;

  private constructor(folder: string, key: Uint8Array) {
    this.#folder = folder;
    this.#key = key;
  }

  /**
   * Reads what waits in `waiting/` of a friend's folder. Rejects with ERR_FILE if a file cannot be read, or not be set
   * aside, and with the signal's reason.
   */
  static async open(friendFolder: string, key: Uint8Array, signal?: AbortSignal): Promise<WaitingMessages> {
    const messages = new WaitingMessages(join(friendFolder, 'waiting'), key);
    await usingFile(messages.#folder, 'read', () => messages.#readAll(signal));
    return messages;
  }

  /** The messages as they were at the opening, in the order in which they were kept. */
  get found(): readonly WaitingMessage[] {
    return this.#found;
  }

  /** Sentences for the user about what was found. */
  get damage(): readonly string[] {
    const folder = abbreviateHome(this.#folder);
    return this.#damaged === 0
      ? []
      : [
          this.#damaged === 1
            ? `A message that was waiting cannot be read. It lies in ${folder}, under a name that ends in .damaged.`
            : `${this.#damaged} messages that were waiting cannot be read. They lie in ${folder}, under names that end in .damaged.`,
        ];
  }

  /**
   * Keeps a message behind all others, and resolves when not even a power cut can take it. A message that waits already
   * stays as it is. Rejects with ERR_FILE, without keeping it, if the disk does not take it or too much waits. Rejects
   * with RangeError for an id that is none, and for a text of more than 64 KiB.
   */
  async keep(message: WaitingMessage): Promise<void> {
    if (!idPattern.test(message.id)) {
      throw new RangeError(`no id of a message: ${message.id}`);
    }
    const content = encodeWritten(message);
    return this.#turns.take(async () => {
      if (!this.#files.has(message.id)) {
        await usingFile(this.#folder, 'written', () => this.#write(message.id, content));
      }
    });
  }

  /** The friend has the message. Removes it; does nothing if it does not wait. Rejects with ERR_FILE if it stays. */
  async delivered(id: string): Promise<void> {
    return this.#turns.take(async () => {
      const file = this.#files.get(id);
      if (file !== undefined) {
        // A power cut may bring the name back. The message is then sent again, and the friend knows its id.
        await usingFile(join(this.#folder, file.name), 'removed', () => this.#remove(file.name));
        this.#files.delete(id);
        this.#bytes -= file.bytes;
      }
    });
  }

  /** Resolves when nothing is under way. */
  async close(): Promise<void> {
    await this.#turns.end();
  }

  async #readAll(signal?: AbortSignal): Promise<void> {
    for (const name of (await namesIn(this.#folder)).toSorted()) {
      signal?.throwIfAborted();
      if (draftPattern.test(name)) {
        // Its message was never said to be kept.
        await this.#remove(name).catch(() => undefined);
        continue;
      }
      const { number, id } = namePattern.exec(name)?.groups ?? {};
      if (number === undefined || id === undefined) {
        continue;
      }
      const path = join(this.#folder, name);
      const sealed = await this.#readSealed(path);
      const content = sealed && openRecord(this.#key, nameOf(name), sealed);
      const written = content && decodeWritten(content);
      if (written === undefined) {
        await setAside(path);
        this.#damaged += 1;
        continue;
      }
      if (this.#files.has(id)) {
        // The same message again, from a backup that was put back.
        await this.#remove(name);
        continue;
      }
      this.#found.push({ id, ...written });
      this.#add(id, { name, bytes: sealed?.length ?? 0 });
      this.#last = Number(number);
    }
  }

  /** Undefined for what cannot be a message of ours. An error of the system rejects: the file may be read at the next start. */
  async #readSealed(path: string): Promise<Uint8Array | undefined> {
    const stats = await lstat(path);
    return stats.isFile() && stats.size <= MAX_CONTENT_BYTES + SEAL_BYTES ? readFile(path) : undefined;
  }

  async #write(id: string, content: Uint8Array): Promise<void> {
    const bytes = content.length + SEAL_BYTES;
    if (this.#files.size >= MAX_WAITING || this.#bytes + bytes > MAX_WAITING_BYTES) {
      throw new PunchlineError('ERR_FILE', `${this.#files.size} messages wait already`, {
        hint: 'Your friend has to come first and take them. Then write again.',
      });
    }
    await this.#makeFolder();
    const name = `${String(this.#last + 1).padStart(NUMBER_DIGITS, '0')}-${id}`;
    const path = join(this.#folder, name);
    const draft = await writeDraft(
      path,
      sealRecord(this.#key, nameOf(name), randomBytes(NONCE_BYTES), content),
    );
    try {
      await rename(draft, path);
      await syncFolder(this.#folder);
    } catch (error) {
      await removeDraft(path);
      // The user is told that it is not kept, and may write it again.
      await this.#remove(name).catch(() => undefined);
      throw error;
    }
    this.#last += 1;
    this.#add(id, { name, bytes });
  }

  /** Not at the opening: a full disk would then hide the friend. */
  async #makeFolder(): Promise<void> {
    try {
      await mkdir(this.#folder, { mode: 0o700 });
      await syncFolder(dirname(this.#folder));
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') {
        throw error;
      }
    }
  }

  #add(id: string, file: WaitingFile): void {
    this.#files.set(id, file);
    this.#bytes += file.bytes;
  }

  async #remove(name: string): Promise<void> {
    try {
      await unlink(join(this.#folder, name));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') {
        throw error;
      }
    }
  }
}

/** How many messages wait in a friend's folder, by their names alone. Rejects with ERR_FILE if the folder cannot be read. */
export async function countWaiting(friendFolder: string): Promise<number> {
  const folder = join(friendFolder, 'waiting');
  const names = await usingFile(folder, 'read', () => namesIn(folder));
  return names.filter((name) => namePattern.test(name)).length;
}

/** With the number, so that two messages cannot change places. */
function nameOf(name: string): RecordName {
  return { kind: 'waiting', id: name };
}
