import type { Row } from '../../ladder/ladder.ts';

/** Fewer rows are not worth a fold. */
const MIN_FOLDED = 2;
/** One row, or a dial and its refusal. */
const MAX_PERIOD = 2;

/**
 * The rows, with a fold in place of rounds that repeat the one before: of many
 * vain rounds, the first and the last are shown.
 */
export function foldRepeats(rows: readonly Row[]): readonly Row[] {
  const shown: Row[] = [];
  for (let index = 0; index < rows.length;) {
    const [period, repeats] = repeatsAt(rows, index);
    const hidden = repeats - 1;
    if (hidden < MIN_FOLDED) {
      shown.push(...rows.slice(index, index + 1));
      index += 1;
      continue;
    }
    const last = index + period * repeats;
    const { at = 0 } = rows[last - period] ?? {};
    shown.push(
      ...rows.slice(index, index + period),
      { kind: 'fold', at, label: `${hidden} more rounds like this` },
      ...rows.slice(last, last + period),
    );
    index = last + period;
  }
  return shown;
}

/** How often the rows at `index` are repeated right after them, and how many rows they are. */
function repeatsAt(rows: readonly Row[], index: number): readonly [period: number, repeats: number] {
  for (let period = 1; period <= MAX_PERIOD; period += 1) {
    let repeats = 0;
    while (isRepeated(rows, index, period, index + (repeats + 1) * period)) {
      repeats += 1;
    }
    if (repeats > MIN_FOLDED) {
      return [period, repeats];
    }
  }
  return [1, 0];
}

function isRepeated(rows: readonly Row[], index: number, period: number, later: number): boolean {
  return Array.from({ length: period }, (_, offset) => offset).every((offset) => {
    const shape = shapeOf(rows[index + offset]);
    return shape !== undefined && shape === shapeOf(rows[later + offset]);
  });
}

/** All that a row of a dial or of its refusal shows, but the time and the round. Undefined for other rows. */
function shapeOf(row: Row | undefined): string | undefined {
  const isDial =
    row?.kind === 'arrows' && (row.group !== undefined || row.arrows.some(({ start }) => start === 'turned'));
  return isDial ? JSON.stringify(row.arrows) : undefined;
}
