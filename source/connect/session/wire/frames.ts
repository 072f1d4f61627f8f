import { ProtocolError } from '../../../errors.ts';
import { createLengthPrefixedDecoder } from '../../../protocol/framing/length-prefixed.ts';
import { encodeRoundPayload, parseRoundPayload, type RoundPayload } from './round-payload.ts';

/**
 * The frames of a session, as bytes; the page session.md beside this file shows
 * examples. A frame is a 4-byte length, a type byte and a payload. Numbers are
 * big-endian. Offsets count the bytes of one direction of a stream from 0. A
 * session has two streams: what the connection carries, and files.
 */
export type Frame =
  /** Comes from `a`, first on a channel, and chooses it. `received` is how far `a` has read, `group` the key exchange. */
  | { readonly type: 'nominate'; readonly received: number; readonly group: string }
  /** Bytes of the stream, which begin at `offset`. */
  | { readonly type: 'data'; readonly offset: number; readonly bytes: Uint8Array }
  /** Everything before `received` has arrived. The peer may write up to `limit`. */
  | { readonly type: 'ack'; readonly received: number; readonly limit: number }
  /** The same two for the stream of files. */
  | { readonly type: 'file-data'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: 'file-ack'; readonly received: number; readonly limit: number }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'pong'; readonly id: number }
  /** The sender writes nothing beyond `offset`: its half of the stream is closed. */
  | { readonly type: 'end'; readonly offset: number }
  /** One side's part of a round of punching for a better channel, while this one carries the session. */
  | ({ readonly type: 'round' } & RoundPayload)
  /** Goodbye. All that the sender wrote came before it, and nothing follows. */
  | { readonly type: 'close'; readonly reason: CloseReason };

/** The frames of data of the two streams; `AckType` has their acks. */
export type DataType = 'data' | 'file-data';
export type AckType = 'ack' | 'file-ack';

export type CloseReason = (typeof closeReasons)[number];

const closeReasons = ['quit', 'protocol', 'gave-up'] as const;

const NOMINATE = 1;
const DATA = 2;
const ACK = 3;
const PING = 4;
const PONG = 5;
const END = 6;
const CLOSE = 7;
const ROUND = 8;
const FILE_DATA = 9;
const FILE_ACK = 10;

const LENGTH_BYTES = 4;
const OFFSET_BYTES = 8;
/** Bounds one data frame. It is large enough for throughput, and small enough that a ping does not wait long behind it. */
export const MAX_DATA_BYTES = 64 * 1024;
/** The longest frame: type byte, offset, data. A length is checked against it before anything is allocated. */
const MAX_FRAME_BYTES = 1 + OFFSET_BYTES + MAX_DATA_BYTES;
/** The name of a key exchange. It is short, and the user sees it. */
const groupName = /^[A-Za-z0-9_.-]{1,40}$/;

/** The bytes before the data of a data frame: length, type, offset. */
export const DATA_HEADER_BYTES = LENGTH_BYTES + 1 + OFFSET_BYTES;
/**
 * How much data we send in one frame. With its header it fills one TLS record
 * (RFC 8446, 5.1: 16,384 bytes), so that the other side gets it in one piece.
 */
export const SEGMENT_BYTES = 16_384 - DATA_HEADER_BYTES;

/** The fields before the data of a data frame. */
export interface DataHeader {
  readonly type: DataType;
  readonly offset: number;
  readonly dataBytes: number;
}

/** Writes it to `at`. */
export function writeDataHeader(buffer: Buffer, at: number, { type, offset, dataBytes }: DataHeader): void {
  buffer.writeUInt32BE(1 + OFFSET_BYTES + dataBytes, at);
  buffer[at + LENGTH_BYTES] = type === 'data' ? DATA : FILE_DATA;
  buffer.writeBigUInt64BE(BigInt(offset), at + LENGTH_BYTES + 1);
}

/** Throws RangeError for data longer than MAX_DATA_BYTES, which is a mistake of ours and never the peer's. */
export function encodeFrame(frame: Frame): Uint8Array {
  switch (frame.type) {
    case 'nominate': {
      const buffer = allocate(NOMINATE, OFFSET_BYTES + Buffer.byteLength(frame.group));
      buffer.writeBigUInt64BE(BigInt(frame.received), LENGTH_BYTES + 1);
      buffer.write(frame.group, LENGTH_BYTES + 1 + OFFSET_BYTES, 'latin1');
      return buffer;
    }
    case 'data':
    case 'file-data': {
      const { type, offset, bytes } = frame;
      if (bytes.length > MAX_DATA_BYTES) {
        throw new RangeError(`data of ${bytes.length} bytes`);
      }
      const buffer = Buffer.allocUnsafe(DATA_HEADER_BYTES + bytes.length);
      writeDataHeader(buffer, 0, { type, offset, dataBytes: bytes.length });
      buffer.set(bytes, DATA_HEADER_BYTES);
      return buffer;
    }
    case 'ack':
    case 'file-ack': {
      const buffer = allocate(frame.type === 'ack' ? ACK : FILE_ACK, 2 * OFFSET_BYTES);
      buffer.writeBigUInt64BE(BigInt(frame.received), LENGTH_BYTES + 1);
      buffer.writeBigUInt64BE(BigInt(frame.limit), LENGTH_BYTES + 1 + OFFSET_BYTES);
      return buffer;
    }
    case 'ping':
    case 'pong': {
      const buffer = allocate(frame.type === 'ping' ? PING : PONG, 4);
      buffer.writeUInt32BE(frame.id, LENGTH_BYTES + 1);
      return buffer;
    }
    case 'end': {
      const buffer = allocate(END, OFFSET_BYTES);
      buffer.writeBigUInt64BE(BigInt(frame.offset), LENGTH_BYTES + 1);
      return buffer;
    }
    case 'close': {
      const buffer = allocate(CLOSE, 1);
      buffer[LENGTH_BYTES + 1] = closeReasons.indexOf(frame.reason);
      return buffer;
    }
    case 'round': {
      const payload = encodeRoundPayload(frame);
      const buffer = allocate(ROUND, payload.length);
      payload.copy(buffer, LENGTH_BYTES + 1);
      return buffer;
    }
  }
}

function allocate(type: number, payloadBytes: number): Buffer {
  const buffer = Buffer.alloc(LENGTH_BYTES + 1 + payloadBytes);
  buffer.writeUInt32BE(1 + payloadBytes, 0);
  buffer[LENGTH_BYTES] = type;
  return buffer;
}

export interface FrameDecoder {
  /**
   * Takes any piece of the stream and returns the frames that it completes.
   * Throws ProtocolError on a frame that is too long, unknown or malformed.
   * After that the decoder must not be used.
   */
  push(chunk: Uint8Array): Frame[];
}

/** Holds at most one incomplete frame (64 KiB and a few bytes). Data frames may be views into the chunk. */
export function createFrameDecoder(): FrameDecoder {
  return createLengthPrefixedDecoder({
    name: 'frame',
    minBytes: 1,
    maxBytes: MAX_FRAME_BYTES,
    parse: parseFrame,
  });
}

function parseFrame(body: Buffer): Frame {
  switch (body[0]) {
    case NOMINATE: {
      const received = readOffset(body, 1);
      const group = body.toString('latin1', 1 + OFFSET_BYTES);
      if (!groupName.test(group)) {
        throw new ProtocolError('a nominate frame without the name of a group');
      }
      return { type: 'nominate', received, group };
    }
    case DATA:
    case FILE_DATA: {
      if (body.length <= 1 + OFFSET_BYTES) {
        throw new ProtocolError('a data frame without data');
      }
      const type = body[0] === DATA ? 'data' : 'file-data';
      return { type, offset: readOffset(body, 1), bytes: body.subarray(1 + OFFSET_BYTES) };
    }
    case ACK:
    case FILE_ACK: {
      const type = body[0] === ACK ? 'ack' : 'file-ack';
      expectPayload(type, body, 2 * OFFSET_BYTES);
      return { type, received: readOffset(body, 1), limit: readOffset(body, 1 + OFFSET_BYTES) };
    }
    case PING:
      expectPayload('ping', body, 4);
      return { type: 'ping', id: body.readUInt32BE(1) };
    case PONG:
      expectPayload('pong', body, 4);
      return { type: 'pong', id: body.readUInt32BE(1) };
    case END:
      expectPayload('end', body, OFFSET_BYTES);
      return { type: 'end', offset: readOffset(body, 1) };
    case CLOSE: {
      expectPayload('close', body, 1);
      const reason = closeReasons[body[1] ?? closeReasons.length];
      if (reason === undefined) {
        throw new ProtocolError(`a close frame with the unknown reason ${body[1]}`);
      }
      return { type: 'close', reason };
    }
    case ROUND:
      return { type: 'round', ...parseRoundPayload(body.subarray(1)) };
    default:
      throw new ProtocolError(`a frame of the unknown type ${body[0]}`);
  }
}

function expectPayload(name: string, body: Buffer, bytes: number): void {
  if (body.length !== 1 + bytes) {
    throw new ProtocolError(`a frame of type ${name} with ${body.length - 1} bytes instead of ${bytes}`);
  }
}

function readOffset(body: Buffer, at: number): number {
  if (body.length < at + OFFSET_BYTES) {
    throw new ProtocolError('a frame that ends within an offset');
  }
  // Read in two halves, because a BigInt for each frame would cost more than all the rest of reading it.
  const offset = body.readUInt32BE(at) * 2 ** 32 + body.readUInt32BE(at + 4);
  // A sum of 2^53 or more may be rounded, but never to a safe integer.
  if (offset > Number.MAX_SAFE_INTEGER) {
    throw new ProtocolError(`an offset of ${offset}`);
  }
  return offset;
}
