/**
 * An immutable list. Each change makes a new list, which shares nearly all
 * blocks with the old one. An array would be copied for every message: 0.7 ms
 * for 50,000 entries.
 */
export class EntryList<Item> implements Iterable<Item> {
  /** How many items of the first block were dropped. */
  readonly #start: number;
  /** All blocks but the last have `BLOCK_LENGTH` items. */
  readonly #blocks: readonly (readonly Item[])[];
  readonly length: number;

  /** Without arguments, the list is empty. */
  constructor(blocks: readonly (readonly Item[])[] = [], start = 0) {
    this.#blocks = blocks;
    this.#start = start;
    this.length =
      blocks.length === 0 ? 0 : (blocks.length - 1) * BLOCK_LENGTH + (blocks.at(-1)?.length ?? 0) - start;
  }

  /** As for an array: a negative index counts from the end, and the result is undefined outside the list. */
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

  /** Replaces the item at `index`, which must be within the list. */
  with(index: number, item: Item): EntryList<Item> {
    const place = this.#start + index;
    const at = Math.floor(place / BLOCK_LENGTH);
    const block = this.#blocks[at] ?? [];
    return new EntryList(this.#blocks.with(at, block.with(place % BLOCK_LENGTH, item)), this.#start);
  }

  /** Drops the first `count` items, or all if there are fewer. */
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

/** A change copies one block and the list of blocks. For 50,000 items, each has about 200 elements. */
const BLOCK_LENGTH = 256;
