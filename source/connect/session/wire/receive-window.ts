import { ProtocolError } from '../../../errors.ts';

/**
 * One direction of a stream as its reader keeps it: what has arrived, what was
 * consumed, and how far the peer may write. After a change of channels data
 * comes twice; the second copy is dropped by its offset.
 */
export class ReceiveWindow {
  readonly #windowBytes: number;
  #received = 0;
  #consumed = 0;
  #advertised: number;
  #endsAt = Infinity;

  /** @param windowBytes bounds how much is held for a reader that does not read. */
  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
    this.#advertised = windowBytes;
  }

  get received(): number {
    return this.#received;
  }

  /** Whether the peer has said where its stream ends. */
  get hasEnded(): boolean {
    return this.#endsAt !== Infinity;
  }

  /** The limit that the next ack says. */
  get limit(): number {
    this.#advertised = Math.max(this.#advertised, this.#consumed + this.#windowBytes);
    return this.#advertised;
  }

  /** Returns the part of a segment that is new, if any. Throws ProtocolError for a gap, and for data beyond the limit or the end. */
  accept(offset: number, bytes: Uint8Array): Uint8Array {
    const end = offset + bytes.length;
    if (offset > this.#received) {
      throw new ProtocolError(`data at ${offset} where ${this.#received} was next`);
    }
    if (end > this.#advertised) {
      throw new ProtocolError(`data up to ${end} where ${this.#advertised} was the limit`);
    }
    if (end > this.#endsAt) {
      throw new ProtocolError(`data up to ${end} after an end at ${this.#endsAt}`);
    }
    if (end <= this.#received) {
      return bytes.subarray(bytes.length);
    }
    const fresh = offset === this.#received ? bytes : bytes.subarray(this.#received - offset);
    this.#received = end;
    return fresh;
  }

  /** The peer writes nothing from `offset` on. Returns whether that is news. Throws ProtocolError if `offset` is not the end of its data. */
  end(offset: number): boolean {
    if (offset !== (this.hasEnded ? this.#endsAt : this.#received)) {
      throw new ProtocolError(`an end at ${offset} after ${this.#received} bytes`);
    }
    const isNews = !this.hasEnded;
    this.#endsAt = offset;
    return isNews;
  }

  /**
   * The reader has taken this many bytes. Returns whether the peer should be told
   * now. It is told only after every quarter of the window, because each ack is
   * traffic.
   */
  consume(bytes: number): boolean {
    this.#consumed += bytes;
    return this.#consumed + this.#windowBytes - this.#advertised >= this.#windowBytes / 4;
  }
}
