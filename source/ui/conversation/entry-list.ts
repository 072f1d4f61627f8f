/**
 * A list that never changes: each step makes a new one, which shares nearly all
 * with the one before. A plain array would be copied for every message, 0.7 ms
 * at 50,000.
 */
export class EntryList<Item> implements Iterable<Item> {
  /** How many of the first block have been dropped. */
  readonly #start: number;
  /** Each of `BLOCK_LENGTH`, but for the last, which may be shorter. */
  readonly #blocks: readonly (readonly Item[])[];
  readonly length: number;

  /** Without arguments: an empty list. */
  constructor(blocks: readonly (readonly Item[])[] = [], start = 0) {
    this.#blocks = blocks;
    this.#start = start;
    this.length =
      blocks.length === 0 ? 0 : (blocks.length - 1) * BLOCK_LENGTH + (blocks.at(-1)?.length ?? 0) - start;
  }

  /** As of an array: negative from the end, undefined outside. */
  at(index: number): Item | undefined {
    const place = this.#start + (index < 0 ? this.length + index : index);
    return place < this.#start
      ? undefined
      : this.#blocks[Math.floor(place / BLOCK_LENGTH)]?.[place % BLOCK_LENGTH];
  }

  append(item: Item): EntryList<Item> {
    const last = this.#blocks.at(-1);
    const blocks =
      last === undefined || last.length === BLOCK_LENGTH
        ? [...this.#blocks, [item]]
        : this.#blocks.with(this.#blocks.length - 1, [...last, item]);
    return new EntryList(blocks, this.#start);
  }

  /** With another item at `index`, which must be from 0 to below the length. */
  with(index: number, item: Item): EntryList<Item> {
    const place = this.#start + index;
    const at = Math.floor(place / BLOCK_LENGTH);
    const block = this.#blocks[at] ?? [];
    return new EntryList(this.#blocks.with(at, block.with(place % BLOCK_LENGTH, item)), this.#start);
  }

  /** Without the first `count`, at most all. */
  drop(count: number): EntryList<Item> {
    if (count >= this.length) {
      return new EntryList();
    }
    const start = this.#start + count;
    const blocks = this.#blocks.slice(Math.floor(start / BLOCK_LENGTH));
    return new EntryList(blocks, start % BLOCK_LENGTH);
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const [index, block] of this.#blocks.entries()) {
      yield* index === 0 ? block.slice(this.#start) : block;
    }
  }
}

/** A step copies one block and the list of blocks: for 50,000 items both have about 200. */
const BLOCK_LENGTH = 256;
