/** Rows that are laid out already, of what was shown last. */
import type { Line } from '../text/line.ts';

interface Known {
  readonly format: string;
  readonly lines: readonly Line[];
}

export interface LaidOutBounds {
  readonly maxItems: number;
  readonly maxRows: number;
}

/**
 * Keeps what was used last, within two bounds: many short items, and few long
 * ones. The newest stays, however long it is.
 */
export class LaidOut<Item> {
  readonly #bounds: LaidOutBounds;
  /** What was used last is the last. */
  readonly #known = new Map<Item, Known>();
  #rows = 0;

  constructor(bounds: LaidOutBounds) {
    this.#bounds = bounds;
  }

  /** How many rows are kept. */
  get rows(): number {
    return this.#rows;
  }

  /** The rows of `item` in a format, which tells all that they depend on; `layOut` makes them where they are not known. */
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
