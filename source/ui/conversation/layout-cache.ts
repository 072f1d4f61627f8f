/** A cache of rows that were laid out. */
import type { Line } from '../text/line.ts';

interface Known {
  readonly format: string;
  readonly lines: readonly Line[];
}

export interface LayoutCacheBounds {
  readonly maxItems: number;
  readonly maxRows: number;
}

/**
 * Keeps the rows that were used last, within a bound for many short items and
 * one for few long ones. The newest item is kept even if it alone exceeds the
 * bound.
 */
export class LayoutCache<Item> {
  readonly #bounds: LayoutCacheBounds;
  /** In the order of their last use, the latest last. */
  readonly #known = new Map<Item, Known>();
  #rows = 0;

  constructor(bounds: LayoutCacheBounds) {
    this.#bounds = bounds;
  }

  /** The number of rows that are kept. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * The rows of `item`. `format` must contain everything else that they depend
   * on. `layOut` is called if they are not cached.
   */
  rowsOf(item: Item, format: string, layOut: () => readonly Line[]): readonly Line[] {
    const known = this.#known.get(item);
    const lines = known?.format === format ? known.lines : layOut();
    this.#forget(item);
    this.#known.set(item, { format, lines });
    this.#rows += lines.length;
    const { maxItems, maxRows } = this.#bounds;
    for (const oldest of this.#known.keys()) {
      if (oldest === item || (this.#known.size <= maxItems && this.#rows <= maxRows)) {
        break;
      }
      this.#forget(oldest);
    }
    return lines;
  }

  #forget(item: Item): void {
    this.#rows -= this.#known.get(item)?.lines.length ?? 0;
    this.#known.delete(item);
  }
}
