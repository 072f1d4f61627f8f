import { ProtocolError } from '../../../errors.ts';
import { createLengthPrefixedDecoder } from '../../../protocol/framing/length-prefixed.ts';

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
/** Half of what a frame of the session holds, so that a short message of another stream is not held up for long. */
export const MAX_DATA_BYTES = 32 * 1024;
/** A name has at most 253 characters, which UTF-8 encodes in at most four times as many bytes. */
const MAX_TEXT_BYTES = 1024;
/** Bounds one credit. No window is larger. */
const MAX_CREDIT = 2 ** 30;

/** Throws RangeError for a payload that is too long; the caller must not make one. */
export function encodeStreamFrame(frame: StreamFrame): Uint8Array {
  const payload = payloadOf(frame);
  if (payload.length > (frame.type === 'data' ? MAX_DATA_BYTES : MAX_TEXT_BYTES)) {
    throw new RangeError(`a ${frame.type} of ${payload.length} bytes`);
  }
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  bytes.writeUInt32BE(HEADER_BYTES - LENGTH_BYTES + payload.length, 0);
  bytes[LENGTH_BYTES] = codes[frame.type];
  bytes.writeUInt32BE(frame.stream + (frame.isOurs ? OURS : 0), LENGTH_BYTES + 1);
  bytes.set(payload, HEADER_BYTES);
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

/** Holds at most one incomplete frame. The texts are the peer's: pass them through safeText() before you show them. */
export function createStreamDecoder() {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  function textOf(payload: Uint8Array): string {
    if (payload.length > MAX_TEXT_BYTES) {
      throw new ProtocolError(`a text of ${payload.length} bytes about a stream`);
    }
    try {
      return utf8.decode(payload);
    } catch (cause) {
      throw new ProtocolError('a text about a stream that is not UTF-8', { cause });
    }
  }
  function parse(body: Buffer): StreamFrame {
    const type = types.get(body[0] ?? 0);
    const number = body.readUInt32BE(1);
    const name = { stream: number % OURS, isOurs: number >= OURS };
    const payload = body.subarray(HEADER_BYTES - LENGTH_BYTES);
    if (name.stream === 0) {
      throw new ProtocolError('a stream with the number 0');
    }
    switch (type) {
      case 'open':
        return { ...name, type, target: textOf(payload) };
      case 'data':
        if (payload.length === 0) {
          throw new ProtocolError('no data on a stream');
        }
        return { ...name, type, bytes: payload };
      case 'credit':
        return { ...name, type, bytes: creditOf(payload) };
      case 'end':
        if (payload.length > 0) {
          throw new ProtocolError('an end of a stream that says more');
        }
        return { ...name, type };
      case 'reset':
        return { ...name, type, reason: textOf(payload) };
      case undefined:
        throw new ProtocolError(`a frame of a stream with the type ${body[0]}`);
    }
  }
  return createLengthPrefixedDecoder({
    name: 'frame of a stream',
    minBytes: HEADER_BYTES - LENGTH_BYTES,
    maxBytes: HEADER_BYTES - LENGTH_BYTES + MAX_DATA_BYTES,
    parse,
  });
}

function creditOf(payload: Buffer): number {
  const credit = payload.length === CREDIT_BYTES ? payload.readUInt32BE() : 0;
  if (credit === 0 || credit > MAX_CREDIT) {
    throw new ProtocolError('a credit of a stream that is none');
  }
  return credit;
}
