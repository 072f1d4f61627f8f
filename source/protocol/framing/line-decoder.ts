import { ProtocolError } from '../../errors.ts';

/**
 * Bounds one line of the rendezvous protocol, complete or not. The longest
 * legitimate one is a `candidate` with 6,000 characters of base64url.
 */
export const MAX_LINE_BYTES = 8192;

/** Cuts bytes into lines on demand. So a reader can stop between two lines and hand over the bytes that follow. */
export interface LineDecoder {
  /** Takes over the bytes. Read them with `next` before the next push, or they pile up. */
  push(chunk: Uint8Array): void;
  /** The next complete line without its line end; undefined if there is none. Throws ProtocolError. */
  next(): string | undefined;
  /** Hands over the bytes behind the last line that `next` returned, and forgets them. */
  rest(): Uint8Array;
  /** The number of bytes behind the last line that `next` returned. */
  readonly pendingBytes: number;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const noBytes = new Uint8Array(0);
// All decoders share it, because a server has thousands of them. Without `stream` it keeps nothing between calls.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads UTF-8 lines that end with \n. A \r before it is dropped, because telnet
 * and `nc -C` send one. An oversized line and one that is not UTF-8 raise
 * ProtocolError.
 */
export function createLineDecoder({ maxBytes = MAX_LINE_BYTES }: { maxBytes?: number } = {}): LineDecoder {
  let pending: Uint8Array = noBytes;
  // The search for the line end goes on here, so that no byte is searched twice.
  let searchedBytes = 0;

  function tooLong() {
    return new ProtocolError(`a line is longer than ${maxBytes} bytes`);
  }

  return {
    push(chunk) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    },

    next() {
      const end = pending.indexOf(NEWLINE, searchedBytes);
      if (end === -1) {
        searchedBytes = pending.length;
        if (pending.length > maxBytes) {
          throw tooLong();
        }
        // A view of a few bytes would keep all of a long chunk in memory.
        if (pending.buffer.byteLength > 2 * MAX_LINE_BYTES) {
          pending = new Uint8Array(pending);
        }
        return undefined;
      }
      if (end > maxBytes) {
        throw tooLong();
      }
      const line = pending.subarray(0, pending[end - 1] === CARRIAGE_RETURN ? end - 1 : end);
      // An empty view would keep the chunk in memory for as long as a client waits.
      pending = end + 1 === pending.length ? noBytes : pending.subarray(end + 1);
      searchedBytes = 0;
      try {
        return utf8.decode(line);
      } catch (cause) {
        throw new ProtocolError('a line is not UTF-8', { cause });
      }
    },

    rest() {
      const bytes = pending;
      pending = noBytes;
      searchedBytes = 0;
      return bytes;
    },

    get pendingBytes() {
      return pending.length;
    },
  };
}
