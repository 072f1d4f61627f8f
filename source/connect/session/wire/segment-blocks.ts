import { DATA_HEADER_BYTES, SEGMENT_BYTES, writeDataHeader, type DataType } from './frames.ts';

/** A segment with its header: one TLS record. */
const SLOT_BYTES = DATA_HEADER_BYTES + SEGMENT_BYTES;
/** This is so large that few runs of segments are broken at the end of a block. The system gives no memory for the part that nobody writes to. */
const BLOCK_SLOTS = 32;
/** How much of the stream one block holds. */
const BLOCK_BYTES = BLOCK_SLOTS * SEGMENT_BYTES;
/** Bounds the blocks that wait for use: 4 MiB, as much as a session keeps at most. */
const MAX_SPARE_BLOCKS = 8;
/** Bounds how much is written at once: 128 KiB. More would not make a byte cheaper, and a ping would wait behind it. */
const MAX_RUN_SLOTS = 8;

/**
 * A stretch of a stream in the form in which it is sent: cut into segments at
 * multiples of their size, each behind its header. So many whole segments can
 * be sent in one piece without copying. The memory is used again, because with
 * new memory the collection of garbage would cost most of all in sending.
 */
export class SegmentBlocks {
  readonly #type: DataType;
  /** The first block begins at the offset `#first * BLOCK_BYTES`. */
  #blocks: Buffer[] = [];
  #first = 0;
  #start = 0;
  #end = 0;
  readonly #spare: Buffer[] = [];
  /** Blocks that begin before this offset are not used again. */
  #disowned = 0;

  constructor(type: DataType) {
    this.#type = type;
  }

  /** The offset of the first byte that is held. */
  get start(): number {
    return this.#start;
  }

  /** The offset at which the next byte will stand. */
  get end(): number {
    return this.#end;
  }

  /** Copies the bytes, so that the caller may change them afterwards. */
  append(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const inSegment = this.#end % SEGMENT_BYTES;
      const block = this.#blockAt(this.#end) ?? this.#add();
      const at = slotAt(this.#end);
      if (inSegment === 0) {
        writeDataHeader(block, at, { type: this.#type, offset: this.#end, dataBytes: SEGMENT_BYTES });
      }
      const taken = Math.min(bytes.length - done, SEGMENT_BYTES - inSegment);
      const whole = done === 0 && taken === bytes.length;
      block.set(whole ? bytes : bytes.subarray(done, done + taken), at + DATA_HEADER_BYTES + inSegment);
      done += taken;
      this.#end += taken;
    }
  }

  /** The bytes from `offset` on that lie together, at most `maxBytes`; undefined if there are none. */
  read(offset: number, maxBytes: number): Uint8Array | undefined {
    const inSegment = offset % SEGMENT_BYTES;
    const bytes = Math.min(maxBytes, SEGMENT_BYTES - inSegment, this.#end - offset);
    const block = this.#blockAt(offset);
    if (offset < this.#start || bytes < 1 || block === undefined) {
      return undefined;
    }
    const at = slotAt(offset) + DATA_HEADER_BYTES + inSegment;
    return block.subarray(at, at + bytes);
  }

  /**
   * The whole segments from `offset` on that lie together, up to the offset
   * `limit`, as data frames; undefined if no whole segment begins there.
   */
  readFrames(
    offset: number,
    limit: number,
  ): { readonly bytes: Uint8Array; readonly end: number } | undefined {
    const block = this.#blockAt(offset);
    if (offset < this.#start || offset % SEGMENT_BYTES !== 0 || block === undefined) {
      return undefined;
    }
    const blockEnd = (Math.floor(offset / BLOCK_BYTES) + 1) * BLOCK_BYTES;
    const whole = Math.floor((Math.min(limit, this.#end, blockEnd) - offset) / SEGMENT_BYTES);
    if (whole < 1) {
      return undefined;
    }
    const segments = Math.min(whole, MAX_RUN_SLOTS);
    const at = slotAt(offset);
    return { bytes: block.subarray(at, at + segments * SLOT_BYTES), end: offset + segments * SEGMENT_BYTES };
  }

  /** Forgets what stands before `offset`, which must not lie beyond the end. */
  drop(offset: number): void {
    this.#start = Math.max(this.#start, offset);
    while (this.#blocks.length > 0 && (this.#first + 1) * BLOCK_BYTES <= this.#start) {
      const block = this.#blocks.shift();
      const reusable = this.#first * BLOCK_BYTES >= this.#disowned && this.#spare.length < MAX_SPARE_BLOCKS;
      if (block !== undefined && reusable) {
        this.#spare.push(block);
      }
      this.#first += 1;
    }
  }

  /** Says that bytes that were given out may be in use for longer than they are held here, so that their memory is not used again. */
  disown(): void {
    this.#disowned = this.#end;
  }

  #blockAt(offset: number): Buffer | undefined {
    return this.#blocks[Math.floor(offset / BLOCK_BYTES) - this.#first];
  }

  #add(): Buffer {
    if (this.#blocks.length === 0) {
      this.#first = Math.floor(this.#end / BLOCK_BYTES);
    }
    // Filled with zeros, so that no mistake can send other memory of this process.
    const block = this.#spare.pop() ?? Buffer.alloc(BLOCK_SLOTS * SLOT_BYTES);
    this.#blocks.push(block);
    return block;
  }
}

/** Where in its block the slot of an offset begins. */
function slotAt(offset: number): number {
  return Math.floor((offset % BLOCK_BYTES) / SEGMENT_BYTES) * SLOT_BYTES;
}
