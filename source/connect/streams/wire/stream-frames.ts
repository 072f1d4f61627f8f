import { ProtocolError } from '../../../errors.ts';

/**
 * The frames of streams over one connection, as bytes; the page streams.md beside this file shows examples. A frame is a
 * 4-byte length, a type byte, a 4-byte number of a stream and a payload. Each side numbers the streams that it opens, so
 * a number alone names two streams: `isOurs` says whether the sender of the frame has opened the stream.
 */
export type StreamFrame = StreamName &
  (
    | { readonly type: 'open'; readonly target: string }
    | { readonly type: 'data'; readonly bytes: Uint8Array }
    /** The reader has taken so many bytes, and the sender of data may send as many more. */
    | { readonly type: 'credit'; readonly bytes: number }
    /** The sender of this frame sends no more data on the stream. */
    | { readonly type: 'end' }
    /** The stream is over in both directions. */
    | { readonly type: 'reset'; readonly reason: string }
  );

/** Names a stream to the reader of a frame. */
export interface StreamName {
  /** From 1. */
  readonly stream: number;
  /** Whether the side that sends the frame has opened the stream. */
  readonly isOurs: boolean;
}

const codes = { open: 1, data: 2, credit: 3, end: 4, reset: 5 } as const;
const types = new Map(
  Object.entries(codes).map(([type, code]) => [code as number, type as StreamFrame['type']]),
);
/** Added to the number of a stream that the sender has opened. */
const OURS = 0x8000_0000;
const LENGTH_BYTES = 4;
const HEADER_BYTES = 9;
const CREDIT_BYTES = 4;
/** As much as Node reads from a socket at once. A short message of another stream waits behind it. */
export const MAX_DATA_BYTES = 64 * 1024;
/** A name has at most 253 characters, which UTF-8 encodes in at most four times as many bytes. */
export const MAX_TEXT_BYTES = 1024;
/** Bounds one credit. No window is larger. */
const MAX_CREDIT = 2 ** 30;

/** Throws RangeError for a payload that is too long; the caller must not make one. */
export function encodeStreamFrame(frame: StreamFrame): Uint8Array {
  const payload = payloadOf(frame);
  return Buffer.concat([encodeStreamHeader(frame, payload.length), payload]);
}

/** All of a frame but its payload, which follows. Throws RangeError for a payload that is too long. */
export function encodeStreamHeader(
  { type, stream, isOurs }: StreamName & { readonly type: StreamFrame['type'] },
  payloadBytes: number,
): Uint8Array {
  if (payloadBytes > (type === 'data' ? MAX_DATA_BYTES : MAX_TEXT_BYTES)) {
    throw new RangeError(`a ${type} of ${payloadBytes} bytes`);
  }
  const bytes = Buffer.allocUnsafe(HEADER_BYTES);
  bytes.writeUInt32BE(HEADER_BYTES - LENGTH_BYTES + payloadBytes, 0);
  bytes[LENGTH_BYTES] = codes[type];
  bytes.writeUInt32BE(stream + (isOurs ? OURS : 0), LENGTH_BYTES + 1);
  return bytes;
}

function payloadOf(frame: StreamFrame): Uint8Array {
  switch (frame.type) {
    case 'open':
      return Buffer.from(frame.target);
    case 'data':
      return frame.bytes;
    case 'credit': {
      const credit = Buffer.allocUnsafe(CREDIT_BYTES);
      credit.writeUInt32BE(frame.bytes);
      return credit;
    }
    case 'end':
      return new Uint8Array(0);
    case 'reset':
      return Buffer.from(frame.reason);
  }
}

/** A frame whose payload has not come yet, or not as a whole. */
interface Begun extends StreamName {
  readonly type: StreamFrame['type'];
  readonly payloadBytes: number;
}

/**
 * Reads frames from any pieces of the stream of bytes. Data is passed on as it comes, in pieces that are views into the
 * chunk, so that nothing is kept of it and no byte is copied. Of the rest it holds at most one payload, which is short.
 * The texts are the peer's: pass them through safeText() before you show them.
 */
export function createStreamDecoder() {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let begun: Begun | undefined;
  /** What the payload of `begun` still lacks. */
  let missing = 0;
  const text = Buffer.alloc(MAX_TEXT_BYTES);

  return {
    /** Returns the frames, and pieces of data, that the chunk completes. Throws ProtocolError; do not use it after that. */
    push(chunk: Uint8Array): StreamFrame[] {
      const read: StreamFrame[] = [];
      for (let at = 0; at < chunk.length;) {
        if (begun === undefined) {
          const taken = chunk.subarray(at, at + HEADER_BYTES - headerBytes);
          header.set(taken, headerBytes);
          headerBytes += taken.length;
          at += taken.length;
          if (headerBytes < HEADER_BYTES) {
            break;
          }
          headerBytes = 0;
          begun = parseHeader(header);
          missing = begun.payloadBytes;
        }
        const { type, stream, isOurs, payloadBytes } = begun;
        const taken = chunk.subarray(at, at + missing);
        at += taken.length;
        if (type !== 'data') {
          text.set(taken, payloadBytes - missing);
        } else if (taken.length > 0) {
          read.push({ type, stream, isOurs, bytes: taken });
        }
        missing -= taken.length;
        if (missing > 0) {
          break;
        }
        if (type !== 'data') {
          read.push(parsePayload({ type, stream, isOurs }, text.subarray(0, payloadBytes)));
        }
        begun = undefined;
      }
      return read;
    },
  };
}

function parseHeader(header: Buffer): Begun {
  const payloadBytes = header.readUInt32BE(0) - (HEADER_BYTES - LENGTH_BYTES);
  const type = types.get(header[LENGTH_BYTES] ?? 0);
  const number = header.readUInt32BE(LENGTH_BYTES + 1);
  if (type === undefined) {
    throw new ProtocolError(`a frame of a stream with the type ${header[LENGTH_BYTES]}`);
  }
  const [min, max] = payloadBounds[type];
  if (payloadBytes < min || payloadBytes > max) {
    throw new ProtocolError(`${type} on a stream with ${payloadBytes} bytes; ${min} to ${max} are allowed`);
  }
  if (number % OURS === 0) {
    throw new ProtocolError('a stream with the number 0');
  }
  return { type, stream: number % OURS, isOurs: number >= OURS, payloadBytes };
}

/** The fewest and the most bytes of a payload. They are checked before anything is kept. */
const payloadBounds: Readonly<Record<StreamFrame['type'], readonly [min: number, max: number]>> = {
  open: [0, MAX_TEXT_BYTES],
  data: [1, MAX_DATA_BYTES],
  credit: [CREDIT_BYTES, CREDIT_BYTES],
  end: [0, 0],
  reset: [0, MAX_TEXT_BYTES],
};

function parsePayload(
  { type, ...name }: StreamName & { readonly type: Exclude<StreamFrame['type'], 'data'> },
  payload: Buffer,
): StreamFrame {
  switch (type) {
    case 'open':
      return { ...name, type, target: textOf(payload) };
    case 'credit':
      return { ...name, type, bytes: creditOf(payload) };
    case 'end':
      return { ...name, type };
    case 'reset':
      return { ...name, type, reason: textOf(payload) };
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(payload: Uint8Array): string {
  try {
    return utf8.decode(payload);
  } catch (cause) {
    throw new ProtocolError('a text about a stream that is not UTF-8', { cause });
  }
}

function creditOf(payload: Buffer): number {
  const credit = payload.readUInt32BE();
  if (credit === 0 || credit > MAX_CREDIT) {
    throw new ProtocolError('a credit of a stream that is none');
  }
  return credit;
}
