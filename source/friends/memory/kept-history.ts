import { randomBytes } from 'node:crypto';
import { constants, readFileSync, renameSync } from 'node:fs';
import { open, readFile, rm, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../../errors.ts';
import { abbreviateHome } from '../../storage/home-folder.ts';
import type { HistoryEntry } from '../friend.ts';
import { draftOf, namesIn, readIfThere, setAside, syncFolder, writeDraft } from './durable-files.ts';
import {
  encodeHistoryRecord,
  findHistoryRecords,
  sealedPart,
  type HistoryRecord,
} from './history-records.ts';
import { memoryError, usingFile } from './memory-error.ts';
import { decodeEntry, encodeEntry } from './record-content.ts';
import { NONCE_BYTES, openRecord, sealRecord, type RecordName } from './sealed-record.ts';
import { Turns } from './turns.ts';

/** Bounds the file, and the time that a start needs to read it. That is some 40,000 short lines. */
export const MAX_HISTORY_BYTES = 4 * 1024 * 1024;

/** Not for appending: what a failed write has left is written over by the next one. */
const { O_CREAT, O_WRONLY } = constants;
const namePattern = /^history(?:\.\d+)?(?:\.damaged|\.draft)?$/;

/**
 * The conversation with a friend, in the file `history`, one sealed record an
 * entry. Where it is not kept, a file from earlier is neither read nor written.
 * Entries are not synced one by one: a power cut may take the last ones, which is
 * no message that somebody waits for.
 */
export class KeptHistory {
  readonly #path: string;
  readonly #key: Uint8Array;
  readonly #isKept: boolean;
  readonly #turns = new Turns();
  readonly #damage: string[] = [];
  #records: HistoryRecord[] = [];
  #bytes = 0;
  #exists = false;

  private constructor(path: string, key: Uint8Array, isKept: boolean) {
    this.#path = path;
    this.#key = key;
    this.#isKept = isKept;
  }

  /** Reads `history` of a friend's folder, if it is kept, and cuts off a last entry that is not whole. Rejects with ERR_FILE. */
  static async open(friendFolder: string, key: Uint8Array, isKept: boolean): Promise<KeptHistory> {
    const path = join(friendFolder, 'history');
    const history = new KeptHistory(path, key, isKept);
    await usingFile(path, 'read', () => history.#read());
    return history;
  }

  /** Whether there is anything that forget() would remove. */
  get exists(): boolean {
    return this.#exists;
  }

  /** Sentences for the user about what was found. */
  get damage(): readonly string[] {
    return this.#damage;
  }

  /** The last entries that open, the oldest first. Throws ERR_FILE. */
  last(count: number): readonly HistoryEntry[] {
    const records = count > 0 ? this.#records.slice(-count) : [];
    if (records.length === 0) {
      return [];
    }
    let file: Buffer;
    try {
      file = readFileSync(this.#path);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') {
        return [];
      }
      throw memoryError(this.#path, 'read', error);
    }
    return records
      .map(({ number, start, end }) => this.#open(number, sealedPart(file.subarray(start, end))))
      .filter((entry) => entry !== undefined);
  }

  /**
   * Writes an entry behind the others; does nothing where the history is not kept. Rejects with ERR_FILE, without the
   * entry, and with RangeError for a text of more than 64 KiB.
   */
  async add(entry: HistoryEntry): Promise<void> {
    if (this.#isKept) {
      const content = encodeEntry(entry);
      return this.#turns.take(() => usingFile(this.#path, 'written', () => this.#append(content)));
    }
  }

  /** Removes the conversation. What is added afterwards begins a new one. Rejects with ERR_FILE if something stays. */
  async forget(): Promise<void> {
    return this.#turns.take(() => usingFile(this.#path, 'removed', () => this.#remove()));
  }

  /** Resolves when nothing is under way. */
  async close(): Promise<void> {
    await this.#turns.end();
  }

  async #read(): Promise<void> {
    // A draft holds a part of the conversation.
    await rm(draftOf(this.#path), { force: true }).catch(() => undefined);
    this.#exists = (await this.#names()).length > 0;
    const file = this.#isKept ? await readIfThere(this.#path) : undefined;
    if (file === undefined || file.length === 0) {
      return;
    }
    const { records, damaged, wholeBytes } = findHistoryRecords(
      file,
      (number, sealed) => this.#open(number, sealed) !== undefined,
    );
    if (records.length === 0 && damaged > 0) {
      const aside = await setAside(this.#path);
      this.#damage.push(
        `The conversation that was kept cannot be read. It lies in ${abbreviateHome(aside)} now, and a new one begins.`,
      );
      return;
    }
    if (wholeBytes < file.length) {
      await truncate(this.#path, wholeBytes);
      this.#damage.push('The last line of the conversation was not kept: it was not written to its end.');
    }
    if (damaged > 0) {
      const places = damaged === 1 ? 'one place' : `${damaged} places`;
      this.#damage.push(
        `The conversation in ${abbreviateHome(this.#path)} is damaged in ${places}. Lines are missing there.`,
      );
    }
    this.#records = [...records];
    this.#bytes = wholeBytes;
  }

  async #append(content: Uint8Array): Promise<void> {
    const number = (this.#records.at(-1)?.number ?? 0) + 1;
    const sealed = sealRecord(this.#key, nameOf(number), randomBytes(NONCE_BYTES), content);
    const record = encodeHistoryRecord(number, sealed);
    if (this.#bytes + record.length > MAX_HISTORY_BYTES) {
      await this.#dropOlder();
    }
    const file = await open(this.#path, O_WRONLY | O_CREAT, 0o600);
    this.#exists = true;
    try {
      for (let at = 0; at < record.length;) {
        at += (await file.write(record, at, record.length - at, this.#bytes + at)).bytesWritten;
      }
    } catch (error) {
      await file.truncate(this.#bytes).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
    this.#records.push({ number, start: this.#bytes, end: this.#bytes + record.length });
    this.#bytes += record.length;
  }

  /** Keeps the newer half. What does not open goes, too. */
  async #dropOlder(): Promise<void> {
    const file = await readFile(this.#path);
    const pieces: Uint8Array[] = [];
    const records: HistoryRecord[] = [];
    let end = 0;
    for (const { number, start, end: oldEnd } of newestOf(this.#records, MAX_HISTORY_BYTES / 2)) {
      pieces.push(file.subarray(start, oldEnd));
      records.push({ number, start: end, end: end + oldEnd - start });
      end += oldEnd - start;
    }
    const draft = await writeDraft(this.#path, Buffer.concat(pieces));
    // In one tick with what follows, so that last() never reads one file by the places of the other.
    renameSync(draft, this.#path);
    this.#records = records;
    this.#bytes = end;
    await syncFolder(dirname(this.#path));
  }

  async #remove(): Promise<void> {
    // It is not overwritten before: today's disks and file systems write to another place, and keep the old one.
    for (const name of await this.#names()) {
      await rm(join(dirname(this.#path), name), { force: true });
    }
    this.#records = [];
    this.#bytes = 0;
    this.#exists = false;
    await syncFolder(dirname(this.#path));
  }

  /** All files that hold some of the conversation, also those that were set aside. */
  async #names(): Promise<readonly string[]> {
    return (await namesIn(dirname(this.#path))).filter((name) => namePattern.test(name));
  }

  #open(number: number, sealed: Uint8Array): HistoryEntry | undefined {
    const content = openRecord(this.#key, nameOf(number), sealed);
    return content && decodeEntry(content);
  }
}

function nameOf(number: number): RecordName {
  return { kind: 'history', id: String(number) };
}

/** The last records that have no more bytes together. */
function newestOf(records: readonly HistoryRecord[], maxBytes: number): readonly HistoryRecord[] {
  let bytes = 0;
  const older = records.findLastIndex(({ start, end }) => {
    bytes += end - start;
    return bytes > maxBytes;
  });
  return records.slice(older + 1);
}
