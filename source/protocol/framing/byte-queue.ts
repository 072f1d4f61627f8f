/** Smaller pieces are copied together: an object for each byte would take a hundred times the memory of the bytes. */
const SMALL_BYTES = 4096;
/** The size of a block into which small pieces are copied. */
const BLOCK_BYTES = 16 * 1024;

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A part of a stream, addressed by offsets: bytes are added at its end, read anywhere, and dropped from its start. */
export class ByteQueue {
  #pieces: Piece[] = [];
  #start = 0;
  #end = 0;
  #block = new Uint8Array(0);
  #blockUsed = 0;

  /** The offset of the first byte that is held. */
  get start(): number {
    return this.#start;
  }

  /** The offset that the next byte will get. */
  get end(): number {
    return this.#end;
  }

  /** How many bytes are held. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Long pieces are kept, not copied: the caller does not change them afterwards. */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) {
      return;
    }
    if (bytes.length < SMALL_BYTES) {
      this.#pack(bytes);
    } else {
      this.#pieces.push({ offset: this.#end, bytes });
    }
    this.#end += bytes.length;
  }

  /** From 1 to `maxBytes` bytes from `offset` on, as many as one piece holds. Undefined if there is none. */
  read(offset: number, maxBytes: number): Uint8Array | undefined {
    if (offset < this.#start || offset >= this.#end || maxBytes < 1) {
      return undefined;
    }
    let low = 0;
    for (let high = this.#pieces.length - 1; low < high;) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#pieces[middle]?.offset ?? Infinity) <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    const piece = this.#pieces[low];
    if (piece === undefined) {
      return undefined;
    }
    return piece.bytes.subarray(offset - piece.offset, offset - piece.offset + maxBytes);
  }

  /** Drops the bytes before `offset`, which must not lie beyond the end. */
  drop(offset: number): void {
    let done = 0;
    for (const piece of this.#pieces) {
      if (piece.offset + piece.bytes.length > offset) {
        break;
      }
      done += 1;
    }
    this.#pieces.splice(0, done);
    this.#start = Math.max(this.#start, offset);
  }

  #pack(bytes: Uint8Array): void {
    if (bytes.length > this.#block.length - this.#blockUsed) {
      this.#block = new Uint8Array(BLOCK_BYTES);
      this.#blockUsed = 0;
    }
    const at = this.#blockUsed;
    this.#block.set(bytes, at);
    this.#blockUsed += bytes.length;
    const last = this.#pieces.at(-1);
    if (last?.bytes.buffer === this.#block.buffer && last.bytes.byteOffset + last.bytes.length === at) {
      this.#pieces.pop();
      const whole = this.#block.subarray(last.bytes.byteOffset, this.#blockUsed);
      this.#pieces.push({ offset: last.offset, bytes: whole });
    } else {
      this.#pieces.push({ offset: this.#end, bytes: this.#block.subarray(at, this.#blockUsed) });
    }
  }
}
