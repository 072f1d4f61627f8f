import { ProtocolError } from '../errors.ts';
import { maxDataBytes } from './frames.ts';

export interface Segment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * One direction of the stream as its writer keeps it: everything that the peer
 * has not acknowledged, so that it can be sent again on the next channel.
 * Knows offsets and bytes; not frames, channels or time.
 */
export class SendQueue {
  #segments: Segment[] = [];
  /** Index in `#segments` of the first that was not sent on this channel. */
  #unsent = 0;
  #written = 0;
  #acknowledged = 0;
  /** The highest offset ever sent: what the peer may acknowledge. */
  #sent = 0;
  /** How far the peer lets us write. */
  #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that are kept: written and not acknowledged. */
  get bytes(): number {
    return this.#written - this.#acknowledged;
  }

  /** The offset at which the next written byte will stand. */
  get written(): number {
    return this.#written;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Whether all that was written was sent on this channel. */
  get drained(): boolean {
    return this.#unsent === this.#segments.length;
  }

  /** Keeps the bytes themselves, not a copy: the caller does not change them afterwards. */
  append(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += maxDataBytes) {
      const piece = bytes.subarray(start, start + maxDataBytes);
      this.#segments.push({ offset: this.#written, bytes: piece });
      this.#written += piece.length;
    }
  }

  /** The next segment to send, or undefined where all is sent or the peer's limit is reached. */
  next(): Segment | undefined {
    const segment = this.#segments[this.#unsent];
    if (segment === undefined) return undefined;
    const end = segment.offset + segment.bytes.length;
    if (end > this.#limit) return undefined;
    this.#unsent += 1;
    this.#sent = Math.max(this.#sent, end);
    return segment;
  }

  /** Throws ProtocolError for an offset that was never sent, one that goes back, or a limit that shrinks. */
  acknowledge(received: number, limit: number): void {
    if (received > this.#sent) {
      throw new ProtocolError(`an ack for ${received} where only ${this.#sent} bytes were sent`);
    }
    // Acks are cumulative, and a channel keeps them in order.
    if (received < this.#acknowledged) {
      throw new ProtocolError(`an ack for ${received} after one for ${this.#acknowledged}`);
    }
    if (limit < this.#limit) throw new ProtocolError(`a limit of ${limit} after one of ${this.#limit}`);
    this.#acknowledged = received;
    this.#limit = limit;
    let done = 0;
    for (const segment of this.#segments) {
      if (segment.offset + segment.bytes.length > received) break;
      done += 1;
    }
    if (done > 0) {
      this.#segments.splice(0, done);
      this.#unsent = Math.max(0, this.#unsent - done);
    }
  }

  /** On a new channel: what the peer has not acknowledged goes out again. Returns how many bytes that are. */
  rewind(): number {
    let bytes = 0;
    for (const segment of this.#segments.slice(0, this.#unsent)) bytes += segment.bytes.length;
    this.#unsent = 0;
    return bytes;
  }
}
