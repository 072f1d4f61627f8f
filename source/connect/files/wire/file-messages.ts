/**
 * The messages on the stream of files; the page file-messages.md shows examples.
 * A message is a 4-byte length, a type byte, the 4-byte number that the offering
 * side gave the offer, and a payload. Unknown types are skipped.
 */
export type FileMessage =
  /** From the side that offers. */
  | ({ readonly type: 'offer' } & Offer)
  | ({ readonly type: 'entry' } & Entry)
  /** The next bytes of the entry. */
  | { readonly type: 'chunk'; readonly id: number; readonly bytes: Uint8Array }
  /** The entry is over. Has the SHA-256 of all of it, also of what was not sent again. */
  | { readonly type: 'end'; readonly id: number; readonly hash: Uint8Array }
  /** In place of `end`: this file of a folder does not come. Only for a peer that has said that it understands it. */
  | { readonly type: 'skip'; readonly id: number; readonly reason: string }
  | { readonly type: 'complete'; readonly id: number }
  | ({ readonly type: 'withdraw' } & Stop)
  /** Comes right before an offer, and says how many names in its folder are hidden. */
  | { readonly type: 'hidden'; readonly id: number; readonly names: number }
  | ({ readonly type: 'unreadable' } & Unreadable)
  /** From the side that takes. Says how many entries are here already, and how many bytes of the next one. */
  | { readonly type: 'accept'; readonly id: number; readonly entries: number; readonly bytes: number }
  | { readonly type: 'decline'; readonly id: number; readonly reason: string }
  | ({ readonly type: 'stop' } & Stop)
  /** All of it is in its place. */
  | { readonly type: 'done'; readonly id: number };

export interface Offer {
  readonly id: number;
  /** The bytes of all files together. Not exact beyond 2^53, but nobody accepts that many. */
  readonly bytes: number;
  readonly files: number;
  readonly isFolder: boolean;
  /** 32 bytes, the same for the same files, so that files that were received before need not be sent again. */
  readonly fingerprint: Uint8Array;
  /** The text of the peer. It is not safe as the name of a file: see safe-file-name.ts. */
  readonly name: string;
}

/** A file of the offer, or a folder in it. */
export interface Entry {
  readonly id: number;
  readonly isFolder: boolean;
  readonly isExecutable: boolean;
  readonly bytes: number;
  /** The offset in the file at which the chunks begin. */
  readonly from: number;
  /** The path inside the offered folder, with slashes; empty for a file that is offered alone. */
  readonly path: string;
}

/** Comes right before the offer of a folder, and says which of its files and folders cannot be read and are not offered. */
export interface Unreadable {
  readonly id: number;
  /** How many. */
  readonly files: number;
  /** The first of them, at most 20. They are the text of the peer. */
  readonly named: readonly { readonly path: string; readonly reason: string }[];
}

/** The end of an offer before its time. */
export interface Stop {
  readonly id: number;
  /** Whether something went wrong. If not, somebody has cancelled it. */
  readonly isFailure: boolean;
  readonly reason: string;
}

export const messageCodes = {
  offer: 1,
  entry: 2,
  chunk: 3,
  end: 4,
  complete: 5,
  withdraw: 6,
  hidden: 7,
  skip: 8,
  unreadable: 9,
  accept: 16,
  decline: 17,
  stop: 18,
  done: 19,
} as const satisfies Record<FileMessage['type'], number>;
export const LENGTH_BYTES = 4;
export const HEADER_BYTES = LENGTH_BYTES + 1 + 4;
export const BODY_HEADER_BYTES = HEADER_BYTES - LENGTH_BYTES;
export const FINGERPRINT_BYTES = 32;
/** The length of a SHA-256. */
export const HASH_BYTES = 32;
/** Bounds one chunk, and so how much of a cancelled file still comes. */
export const MAX_CHUNK_BYTES = 64 * 1024;
/** Bounds a name and a path as Linux does (PATH_MAX). */
export const MAX_PATH_BYTES = 4096;
/** Bounds a message that is not a chunk: a path, and room for what a later version may add. */
export const MAX_MESSAGE_BYTES = 2 * MAX_PATH_BYTES;
/** Bounds the reason that the peer gives. */
export const MAX_REASON_BYTES = 1024;
/** Bounds the files that are named because they do not arrive. Of the others only the number is told. */
export const MAX_NAMED = 20;

export const FOLDER = 1;
export const EXECUTABLE = 2;
const FAILURE = 1;

/** Throws RangeError for a path or a chunk that is too long, which is a mistake of ours. A reason that is too long is cut. */
export function encodeFileMessage(message: FileMessage): Uint8Array {
  switch (message.type) {
    case 'offer': {
      const name = textBytes(message.name, MAX_PATH_BYTES);
      const buffer = allocate(message, 13 + FINGERPRINT_BYTES + name.length);
      buffer.writeBigUInt64BE(BigInt(message.bytes), HEADER_BYTES);
      buffer.writeUInt32BE(message.files, HEADER_BYTES + 8);
      buffer[HEADER_BYTES + 12] = message.isFolder ? FOLDER : 0;
      buffer.set(message.fingerprint, HEADER_BYTES + 13);
      buffer.set(name, HEADER_BYTES + 13 + FINGERPRINT_BYTES);
      return buffer;
    }
    case 'entry': {
      const path = textBytes(message.path, MAX_PATH_BYTES);
      const buffer = allocate(message, 17 + path.length);
      buffer.writeBigUInt64BE(BigInt(message.bytes), HEADER_BYTES);
      buffer.writeBigUInt64BE(BigInt(message.from), HEADER_BYTES + 8);
      buffer[HEADER_BYTES + 16] = (message.isFolder ? FOLDER : 0) | (message.isExecutable ? EXECUTABLE : 0);
      buffer.set(path, HEADER_BYTES + 17);
      return buffer;
    }
    case 'chunk': {
      return Buffer.concat([encodeChunkHeader(message.id, message.bytes.length), message.bytes]);
    }
    case 'end': {
      const buffer = allocate(message, HASH_BYTES);
      buffer.set(message.hash, HEADER_BYTES);
      return buffer;
    }
    case 'accept': {
      const buffer = allocate(message, 12);
      buffer.writeUInt32BE(message.entries, HEADER_BYTES);
      buffer.writeBigUInt64BE(BigInt(message.bytes), HEADER_BYTES + 4);
      return buffer;
    }
    case 'decline':
    case 'skip': {
      const reason = cutText(message.reason);
      const buffer = allocate(message, reason.length);
      buffer.set(reason, HEADER_BYTES);
      return buffer;
    }
    case 'withdraw':
    case 'stop': {
      const reason = cutText(message.reason);
      const buffer = allocate(message, 1 + reason.length);
      buffer[HEADER_BYTES] = message.isFailure ? FAILURE : 0;
      buffer.set(reason, HEADER_BYTES + 1);
      return buffer;
    }
    case 'hidden': {
      const buffer = allocate(message, 4);
      buffer.writeUInt32BE(message.names, HEADER_BYTES);
      return buffer;
    }
    case 'unreadable': {
      const named = Buffer.concat(textsOf(message));
      const buffer = allocate(message, 4 + named.length);
      buffer.writeUInt32BE(message.files, HEADER_BYTES);
      buffer.set(named, HEADER_BYTES + 4);
      return buffer;
    }
    case 'complete':
    case 'done': {
      return allocate(message, 0);
    }
  }
}

/** The names that fit into the message, and their reasons, each text behind its length. */
function textsOf({ named }: Unreadable): readonly Buffer[] {
  const texts: Buffer[] = [];
  let room = MAX_MESSAGE_BYTES - 4;
  for (const { path, reason } of named.slice(0, MAX_NAMED)) {
    const pair = [Buffer.from(path), cutText(reason)].flatMap((text) => [lengthOf(text), text]);
    const bytes = pair.reduce((sum, { length }) => sum + length, 0);
    if (Buffer.byteLength(path) <= MAX_PATH_BYTES && bytes <= room) {
      texts.push(...pair);
      room -= bytes;
    }
  }
  return texts;
}

function lengthOf(text: Buffer): Buffer {
  return Buffer.from([text.length >> 8, text.length]);
}

/** The header of a chunk with this many bytes. */
export function encodeChunkHeader(id: number, bytes: number): Uint8Array {
  if (bytes > MAX_CHUNK_BYTES) {
    throw new RangeError(`a chunk of ${bytes} bytes`);
  }
  const buffer = Buffer.alloc(HEADER_BYTES);
  buffer.writeUInt32BE(BODY_HEADER_BYTES + bytes, 0);
  buffer[LENGTH_BYTES] = messageCodes.chunk;
  buffer.writeUInt32BE(id, LENGTH_BYTES + 1);
  return buffer;
}

function allocate({ type, id }: FileMessage, payloadBytes: number): Buffer {
  const buffer = Buffer.alloc(HEADER_BYTES + payloadBytes);
  buffer.writeUInt32BE(BODY_HEADER_BYTES + payloadBytes, 0);
  buffer[LENGTH_BYTES] = messageCodes[type];
  buffer.writeUInt32BE(id, LENGTH_BYTES + 1);
  return buffer;
}

function textBytes(text: string, maxBytes: number): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > maxBytes) {
    throw new RangeError(`a name of ${bytes.length} bytes`);
  }
  return bytes;
}

/** Cuts a reason to its bound. A quarter as many UTF-16 units fit in any case. */
function cutText(text: string): Buffer {
  return Buffer.from(text.slice(0, MAX_REASON_BYTES / 4).toWellFormed());
}
