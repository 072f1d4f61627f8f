import { emptyLine, type Line } from '../text/line.ts';

/** Some rows of a view that belong together. */
export interface Block {
  readonly lines: readonly Line[];
  /** Blocks with a low rank stay when there is not enough room for all. */
  readonly rank: number;
  /** How many of its last rows are enough; fewer if there is no room. By default it is shown whole or not at all. */
  readonly enough?: number;
  /** Whether a blank row before it makes the view easier to read. */
  readonly isApart?: boolean;
}

/** The blocks in their order, in at most `rows` rows. Blank rows are added only if there is room for all blocks. */
export function fitBlocks(blocks: readonly Block[], rows: number): readonly Line[] {
  const shown = new Map<Block, readonly Line[]>();
  let left = rows;
  for (const block of blocks.toSorted((one, other) => one.rank - other.rank)) {
    const { lines, enough } = block;
    const count = enough === undefined ? lines.length : Math.min(lines.length, enough, left);
    if (count > 0 && count <= left) {
      shown.set(block, lines.slice(-count));
      left -= count;
    }
  }
  for (const [block, lines] of shown) {
    const count = Math.min(block.lines.length, lines.length + left);
    left -= count - lines.length;
    shown.set(block, block.lines.slice(-count));
  }
  return blocks.flatMap((block) => {
    const lines = shown.get(block) ?? [];
    if (lines.length === 0 || block.isApart !== true || left === 0) {
      return lines;
    }
    left -= 1;
    return [emptyLine, ...lines];
  });
}
