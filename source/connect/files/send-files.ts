import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { encodeChunkHeader, encodeFileMessage, MAX_CHUNK_BYTES } from './wire/file-messages.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import type { ListedEntry, Listing } from './disk/list-files.ts';

/** How much is read at once. Each read costs a trip to another thread, and two of them are in memory. */
const READ_BYTES = 4 * MAX_CHUNK_BYTES;
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const changed = 'has changed since it was offered';

/** Says in words for both sides why a file that was offered cannot be sent after all. */
export class Unsendable extends Error {
  /** Why, without the name of the file. */
  readonly reason: string;

  constructor({ inside, path }: ListedEntry, why: string, cause?: unknown) {
    super(`${inside === '' ? basename(path.toString()) : inside} ${why}`, { cause });
    this.reason = `it ${why}`;
  }
}

export interface SendOptions {
  readonly id: number;
  /** How many entries the peer has, and how many bytes of the next one. */
  readonly from: { readonly entries: number; readonly bytes: number };
  readonly write: (bytes: Uint8Array) => void;
  /** Resolves when more may be written. Rejects if nobody wants it any more. */
  readonly room: () => Promise<void>;
  /** This many bytes of files were written. */
  readonly onBytes: (bytes: number) => void;
  /** Whether the peer understands that a file of a folder is skipped. */
  readonly maySkip: boolean;
  /** This file is not sent after all. So many of its bytes were written, or were at the peer before. */
  readonly onSkip: (path: string, reason: string, bytes: number) => void;
}

/**
 * Sends the files as they were listed. A file of a folder that cannot be sent as it was listed is skipped. Throws
 * Unsendable if the peer needs all of them, or has been offered only this one; and what `room` rejects with.
 */
export async function sendFiles(listing: Listing, options: SendOptions): Promise<void> {
  const { id, from, write, room } = options;
  const maySkip = listing.isFolder && options.maySkip;
  for (const [index, entry] of listing.entries.entries()) {
    if (index < from.entries) {
      continue;
    }
    await room();
    const start = index === from.entries ? from.bytes : 0;
    write(header(entry, id, start));
    if (!entry.isFolder) {
      await sendOrSkip(entry, start, options, maySkip);
    }
  }
  write(encodeFileMessage({ type: 'complete', id }));
}

function header(
  { isFolder, isExecutable, bytes, inside }: ListedEntry,
  id: number,
  from: number,
): Uint8Array {
  return encodeFileMessage({ type: 'entry', id, isFolder, isExecutable, bytes, from, path: inside });
}

async function sendOrSkip(
  entry: ListedEntry,
  from: number,
  options: SendOptions,
  maySkip: boolean,
): Promise<void> {
  const { id, write, onBytes, onSkip } = options;
  let bytes = from;
  try {
    await sendFile(entry, from, {
      ...options,
      onBytes: (more) => {
        bytes += more;
        onBytes(more);
      },
    });
  } catch (error) {
    if (!maySkip || !(error instanceof Unsendable)) {
      throw error;
    }
    write(encodeFileMessage({ type: 'skip', id, reason: error.reason }));
    onSkip(entry.inside, error.reason, bytes);
  }
}

async function sendFile(entry: ListedEntry, from: number, options: SendOptions): Promise<void> {
  const { id, write, room, onBytes } = options;
  let file: FileHandle | undefined;
  try {
    file = await orUnsendable(entry, open(entry.path, flagsFor(entry)));
    await expectUnchanged(file, entry);
    const hash = createHash('sha256');
    // The part that the peer has already is read only for the hash.
    await readThrough(file, entry, { from: 0, to: from }, hash, () => undefined);
    await readThrough(file, entry, { from, to: entry.bytes }, hash, async (bytes) => {
      await room();
      for (let at = 0; at < bytes.length; at += MAX_CHUNK_BYTES) {
        const chunk = bytes.subarray(at, at + MAX_CHUNK_BYTES);
        write(encodeChunkHeader(id, chunk.length));
        write(chunk);
      }
      onBytes(bytes.length);
    });
    // If something was added or changed meanwhile, the length or the date of the file tells.
    await expectUnchanged(file, entry);
    await expectEnd(file, entry);
    write(encodeFileMessage({ type: 'end', id, hash: hash.digest() }));
  } finally {
    await file?.close();
  }
}

/** Something else may have taken its place since it was listed. A link is not followed then, and a pipe not waited for. */
function flagsFor({ inside }: ListedEntry): number {
  return O_RDONLY | O_NONBLOCK | (inside === '' ? 0 : O_NOFOLLOW);
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Reads the next piece while `take` deals with the last one. */
async function readThrough(
  file: FileHandle,
  entry: ListedEntry,
  { from, to }: Range,
  hash: Hash,
  take: (bytes: Uint8Array) => Promise<void> | undefined,
): Promise<void> {
  const buffers = [0, 1].map(() => Buffer.allocUnsafeSlow(Math.min(READ_BYTES, Math.max(1, to - from))));
  function read(at: number, turn: number) {
    const buffer = buffers[turn % 2] ?? Buffer.alloc(0);
    const length = Math.min(buffer.length, to - at);
    const reading = orUnsendable(entry, file.read(buffer, 0, length, at));
    // A read that nobody waits for any more must not become an unhandled rejection.
    reading.catch(() => undefined);
    return reading;
  }
  let next = from < to ? read(from, 0) : undefined;
  for (let [at, turn] = [from, 0]; next !== undefined; turn += 1) {
    const { bytesRead, buffer } = await next;
    if (bytesRead === 0) {
      throw new Unsendable(entry, 'has become shorter');
    }
    const bytes = buffer.subarray(0, bytesRead);
    at += bytesRead;
    next = at < to ? read(at, turn + 1) : undefined;
    hash.update(bytes);
    await take(bytes);
  }
}

async function expectUnchanged(file: FileHandle, entry: ListedEntry): Promise<void> {
  const stats = await orUnsendable(entry, file.stat({ bigint: true }));
  if (!stats.isFile() || Number(stats.size) !== entry.bytes || stats.mtimeNs !== entry.changedAt) {
    throw new Unsendable(entry, changed);
  }
}

/** A file of the kernel, as in /proc, and one of some network drives, holds more than the length that is told. */
async function expectEnd(file: FileHandle, entry: ListedEntry): Promise<void> {
  const { bytesRead } = await orUnsendable(entry, file.read(Buffer.alloc(1), 0, 1, entry.bytes));
  if (bytesRead > 0) {
    throw new Unsendable(entry, changed);
  }
}

async function orUnsendable<T>(entry: ListedEntry, doing: Promise<T>): Promise<T> {
  try {
    return await doing;
  } catch (error) {
    throw new Unsendable(entry, `cannot be read: ${fileTrouble(error)}`, error);
  }
}
