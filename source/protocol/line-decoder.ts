import { ProtocolError } from '../errors.ts';

/**
 * Bounds one line of the rendezvous protocol, complete or not. The longest
 * legitimate one is a `candidate` with 6,000 characters of base64url.
 */
export const MAX_LINE_BYTES = 8192;

/** Cuts bytes into lines on demand, so that a reader can stop where the lines stop. */
export interface LineDecoder {
  /** Takes the bytes over; read them with `next` before the next push, or they pile up. */
  push(chunk: Uint8Array): void;
  /** The next complete line without its end, undefined when there is none. Throws ProtocolError. */
  next(): string | undefined;
  /** Hands over, and forgets, the bytes behind the last line that `next` returned. */
  rest(): Uint8Array;
  /** How many bytes lie behind the last line that `next` returned. */
  readonly pendingBytes: number;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const noBytes = new Uint8Array(0);
// One for all: without `stream` it keeps nothing between calls, and a server has thousands of decoders.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * UTF-8 lines that end with \n; a \r before it is tolerated, as telnet and
 * `nc -C` send it. An oversized line and one that is not UTF-8 raise
 * ProtocolError.
 */
export function createLineDecoder({ maxBytes = MAX_LINE_BYTES }: { maxBytes?: number } = {}): LineDecoder {
  let pending: Uint8Array = noBytes;
  // Where the search for the line's end goes on: no byte is looked at twice.
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
        // A few bytes of a long chunk would keep all of it alive.
        if (pending.buffer.byteLength > 2 * MAX_LINE_BYTES) {
          pending = new Uint8Array(pending);
        }
        return undefined;
      }
      if (end > maxBytes) {
        throw tooLong();
      }
      const line = pending.subarray(0, pending[end - 1] === CARRIAGE_RETURN ? end - 1 : end);
      // An empty view would keep the chunk alive for as long as a client waits.
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
