import { ProtocolError } from '../../../errors.ts';
import {
  BODY_HEADER_BYTES,
  EXECUTABLE,
  FINGERPRINT_BYTES,
  FOLDER,
  HASH_BYTES,
  HEADER_BYTES,
  LENGTH_BYTES,
  MAX_CHUNK_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_NAMED,
  MAX_PATH_BYTES,
  MAX_REASON_BYTES,
  messageCodes,
  type FileMessage,
  type Unreadable,
} from './file-messages.ts';

/** The type of each code. */
const types = new Map(
  Object.entries(messageCodes).map(([type, code]) => [code as number, type as FileMessage['type']]),
);

export interface FileDecoder {
  /** Takes any piece of the stream. Returns the messages that it completes, and chunks as far as they have come. */
  push(bytes: Uint8Array): FileMessage[];
}

/**
 * Holds at most one incomplete message that is not a chunk. Chunks are most of
 * the stream, so they are neither copied nor waited for: they are views into
 * what was pushed, in as many pieces as they came. Throws ProtocolError.
 */
export function createFileDecoder(): FileDecoder {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  /** How many bytes of the present chunk are still to come. */
  let missing = 0;
  let payload: Buffer | undefined;
  let payloadBytes = 0;

  function begin(): void {
    const length = header.readUInt32BE(0) - BODY_HEADER_BYTES;
    const isChunk = header[LENGTH_BYTES] === messageCodes.chunk;
    const maxBytes = isChunk ? MAX_CHUNK_BYTES : MAX_MESSAGE_BYTES;
    if (length < 0 || length > maxBytes) {
      throw new ProtocolError(`a message about files of ${length} bytes; 0 to ${maxBytes} are allowed`);
    }
    if (isChunk) {
      if (length === 0) {
        throw new ProtocolError('a message chunk about a file without data');
      }
      missing = length;
      headerBytes = 0;
    } else {
      // Given out only after every byte of it was written.
      payload = Buffer.allocUnsafe(length);
      payloadBytes = 0;
    }
  }

  return {
    push(bytes) {
      const read: FileMessage[] = [];
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let at = 0; at < view.length || payloadBytes === payload?.length;) {
        if (missing > 0) {
          const piece = view.subarray(at, at + missing);
          read.push({ type: 'chunk', id: header.readUInt32BE(LENGTH_BYTES + 1), bytes: piece });
          missing -= piece.length;
          at += piece.length;
        } else if (payload === undefined) {
          const taken = view.copy(header, headerBytes, at);
          headerBytes += taken;
          at += taken;
          if (headerBytes === HEADER_BYTES) {
            begin();
          }
        } else {
          const taken = view.copy(payload, payloadBytes, at);
          payloadBytes += taken;
          at += taken;
          if (payloadBytes < payload.length) {
            break;
          }
          const message = parse(header, payload);
          if (message !== undefined) {
            read.push(message);
          }
          payload = undefined;
          headerBytes = 0;
        }
      }
      return read;
    },
  };
}

function parse(header: Buffer, payload: Buffer): FileMessage | undefined {
  const type = types.get(header[LENGTH_BYTES] ?? 0);
  if (type === undefined) {
    return undefined;
  }
  const id = header.readUInt32BE(LENGTH_BYTES + 1);
  switch (type) {
    case 'offer': {
      atLeast(type, payload, 13 + FINGERPRINT_BYTES);
      const nameAt = 13 + FINGERPRINT_BYTES;
      return {
        type,
        id,
        bytes: readCount(payload, 0),
        files: payload.readUInt32BE(8),
        isFolder: (flagsOf(payload, 12) & FOLDER) !== 0,
        fingerprint: Buffer.from(payload.subarray(13, nameAt)),
        name: readText(type, payload.subarray(nameAt), MAX_PATH_BYTES),
      };
    }
    case 'entry': {
      atLeast(type, payload, 17);
      const flags = flagsOf(payload, 16);
      return {
        type,
        id,
        bytes: readCount(payload, 0),
        from: readCount(payload, 8),
        isFolder: (flags & FOLDER) !== 0,
        isExecutable: (flags & EXECUTABLE) !== 0,
        path: readText(type, payload.subarray(17), MAX_PATH_BYTES),
      };
    }
    case 'chunk': {
      return undefined;
    }
    case 'end': {
      exactly(type, payload, HASH_BYTES);
      return { type, id, hash: Buffer.from(payload) };
    }
    case 'accept': {
      exactly(type, payload, 12);
      return { type, id, entries: payload.readUInt32BE(0), bytes: readCount(payload, 4) };
    }
    case 'decline':
    case 'skip': {
      return { type, id, reason: readText(type, payload, MAX_REASON_BYTES) };
    }
    case 'withdraw':
    case 'stop': {
      atLeast(type, payload, 1);
      const isFailure = flagsOf(payload, 0) !== 0;
      return { type, id, isFailure, reason: readText(type, payload.subarray(1), MAX_REASON_BYTES) };
    }
    case 'hidden': {
      exactly(type, payload, 4);
      return { type, id, names: payload.readUInt32BE(0) };
    }
    case 'unreadable': {
      atLeast(type, payload, 4);
      const files = payload.readUInt32BE(0);
      return { type, id, files, named: readNamed(type, payload, Math.min(files, MAX_NAMED)) };
    }
    case 'complete':
    case 'done': {
      exactly(type, payload, 0);
      return { type, id };
    }
  }
}

function readNamed(type: string, payload: Buffer, most: number): Unreadable['named'] {
  const named = [];
  let at = 4;
  function next(maxBytes: number): string {
    atLeast(type, payload, at + 2);
    const from = at + 2;
    at = from + payload.readUInt16BE(at);
    atLeast(type, payload, at);
    return readText(type, payload.subarray(from, at), maxBytes);
  }
  while (at < payload.length) {
    if (named.length === most) {
      throw new ProtocolError(`a message ${type} about a file that names more than ${most} files`);
    }
    named.push({ path: next(MAX_PATH_BYTES), reason: next(MAX_REASON_BYTES) });
  }
  return named;
}

function flagsOf(payload: Buffer, at: number): number {
  return payload[at] ?? 0;
}

function readCount(payload: Buffer, at: number): number {
  return payload.readUInt32BE(at) * 2 ** 32 + payload.readUInt32BE(at + 4);
}

function atLeast(type: string, payload: Buffer, bytes: number): void {
  if (payload.length < bytes) {
    throw new ProtocolError(`a message ${type} about a file that ends early`);
  }
}

function exactly(type: string, payload: Buffer, bytes: number): void {
  if (payload.length !== bytes) {
    throw new ProtocolError(
      `a message ${type} about a file with ${payload.length} bytes instead of ${bytes}`,
    );
  }
}

function readText(type: string, bytes: Uint8Array, maxBytes: number): string {
  if (bytes.length > maxBytes) {
    throw new ProtocolError(`a message ${type} with a text of ${bytes.length} bytes`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ProtocolError(`a message ${type} about a file that is not UTF-8`, { cause });
  }
}
