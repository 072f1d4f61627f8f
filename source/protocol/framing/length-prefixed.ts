import { ProtocolError } from '../../errors.ts';

const LENGTH_BYTES = 4;

export interface LengthPrefixedDecoder<T> {
  /**
   * Takes any piece of the stream and returns the bodies that it completes, as
   * `parse` has read them. Throws ProtocolError; do not use it after that.
   */
  push(chunk: Uint8Array): T[];
}

export interface LengthPrefixedOptions<T> {
  /** The name of a body in an error. */
  readonly name: string;
  readonly minBytes: number;
  /** Bounds the memory for an incomplete body; checked before anything is allocated. */
  readonly maxBytes: number;
  /**
   * Reads one body; undefined skips it. A body that one chunk holds whole is a
   * view into that chunk. Called before the next body is looked at, so that the
   * first error is reported, however the stream was cut.
   */
  readonly parse: (body: Buffer) => T | undefined;
}

/** Cuts a stream into bodies, each behind its length in 4 bytes, big-endian. No byte is copied twice. */
export function createLengthPrefixedDecoder<T>({
  name,
  minBytes,
  maxBytes,
  parse,
}: LengthPrefixedOptions<T>): LengthPrefixedDecoder<T> {
  const prefix = Buffer.alloc(LENGTH_BYTES);
  let prefixBytes = 0;
  let body: Buffer | undefined;
  let bodyBytes = 0;

  return {
    push(chunk) {
      const read: T[] = [];
      function take(whole: Buffer) {
        const one = parse(whole);
        if (one !== undefined) {
          read.push(one);
        }
      }
      const bytes = asBuffer(chunk);
      let at = 0;
      while (at < bytes.length) {
        if (body === undefined) {
          let length: number;
          if (prefixBytes === 0 && bytes.length - at >= LENGTH_BYTES) {
            length = bytes.readUInt32BE(at);
            at += LENGTH_BYTES;
          } else {
            const taken = bytes.copy(prefix, prefixBytes, at);
            at += taken;
            prefixBytes += taken;
            if (prefixBytes < LENGTH_BYTES) {
              break;
            }
            prefixBytes = 0;
            length = prefix.readUInt32BE(0);
          }
          if (length < minBytes || length > maxBytes) {
            throw new ProtocolError(`a ${name} of ${length} bytes; ${minBytes} to ${maxBytes} are allowed`);
          }
          if (length <= bytes.length - at) {
            take(bytes.subarray(at, at + length));
            at += length;
            continue;
          }
          // `parse` gets it only when every byte of it has been overwritten.
          body = Buffer.allocUnsafe(length);
          bodyBytes = 0;
        }
        const taken = bytes.copy(body, bodyBytes, at);
        at += taken;
        bodyBytes += taken;
        if (bodyBytes < body.length) {
          break;
        }
        take(body);
        body = undefined;
      }
      return read;
    },
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
