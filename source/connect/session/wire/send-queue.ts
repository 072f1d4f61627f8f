import { ProtocolError } from '../../../errors.ts';
import { encodeFrame, SEGMENT_BYTES, type DataType } from './frames.ts';
import { SegmentBlocks } from './segment-blocks.ts';

export interface Segment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * One direction of the stream as its writer keeps it: everything that the peer
 * has not acknowledged, so that it can be sent again on the next channel.
 * Knows offsets, bytes and data frames; not channels or time.
 */
export class SendQueue {
  readonly #type: DataType;
  readonly #kept: SegmentBlocks;
  /** Where this channel's next segment begins. */
  #next = 0;
  /** The highest offset ever sent: what the peer may acknowledge. */
  #sent = 0;
  /** How far the peer lets us write. */
  #limit: number;

  constructor(limit: number, type: DataType = 'data') {
    this.#limit = limit;
    this.#type = type;
    this.#kept = new SegmentBlocks(type);
  }

  /** Bytes that are kept: written and not acknowledged. */
  get bytes(): number {
    return this.#kept.end - this.#kept.start;
  }

  /** The offset at which the next written byte will stand. */
  get written(): number {
    return this.#kept.end;
  }

  get acknowledged(): number {
    return this.#kept.start;
  }

  /** How far the peer lets us write. */
  get limit(): number {
    return this.#limit;
  }

  /** The offset up to which was sent on this channel. */
  get sent(): number {
    return this.#next;
  }

  /** Whether a segment that is complete waits to be sent, or the rest of one that was sent in part. */
  get hasWhole(): boolean {
    return Math.floor(this.#kept.end / SEGMENT_BYTES) * SEGMENT_BYTES > this.#next;
  }

  /** Whether all that was written was sent on this channel. */
  get drained(): boolean {
    return this.#next === this.#kept.end;
  }

  /** Copies the bytes, so that the caller may change them afterwards. */
  append(bytes: Uint8Array): void {
    this.#kept.append(bytes);
  }

  /** The next segment to send; undefined if all is sent, or if the peer's limit or the offset `until` is reached. */
  next(until = Infinity): Segment | undefined {
    const offset = this.#next;
    const bytes = this.#kept.read(offset, Math.min(this.#limit, until) - offset);
    if (bytes === undefined) {
      return undefined;
    }
    this.#sentTo(offset + bytes.length);
    return { offset, bytes };
  }

  /**
   * The next data frames to send, up to the offset `until`: as many whole
   * segments as lie together, or else one frame with less.
   */
  nextFrames(until = Infinity): Uint8Array | undefined {
    const frames = this.#kept.readFrames(this.#next, Math.min(this.#limit, until));
    if (frames !== undefined) {
      this.#sentTo(frames.end);
      return frames.bytes;
    }
    const segment = this.next(until);
    return segment === undefined ? undefined : encodeFrame({ type: this.#type, ...segment });
  }

  /** Throws ProtocolError for an offset that was never sent, an offset that goes back, or a limit that shrinks. */
  acknowledge(received: number, limit: number): void {
    if (received > this.#sent) {
      throw new ProtocolError(`an ack for ${received} where only ${this.#sent} bytes were sent`);
    }
    // Acks are cumulative, and a channel keeps them in order.
    if (received < this.acknowledged) {
      throw new ProtocolError(`an ack for ${received} after one for ${this.acknowledged}`);
    }
    if (limit < this.#limit) {
      throw new ProtocolError(`a limit of ${limit} after one of ${this.#limit}`);
    }
    this.#limit = limit;
    this.#kept.drop(received);
    // Data that arrived over an earlier channel need not be sent on this one.
    this.#next = Math.max(this.#next, received);
  }

  /** Prepares for another channel. Bytes that the earlier one was given may still be in use there, and are not written over. */
  restart(): void {
    this.#kept.disown();
  }

  /** On a new channel, sends again what the peer has not acknowledged. Returns how many bytes that is. */
  rewind(): number {
    const bytes = this.#next - this.acknowledged;
    this.#next = this.acknowledged;
    return bytes;
  }

  #sentTo(offset: number): void {
    this.#next = offset;
    this.#sent = Math.max(this.#sent, offset);
  }
}
