/**
 * One row of the screen, as pieces of styled text. Each view is a function that
 * returns lines, so that the number of its rows is known before anything is
 * drawn.
 */
import { padText, widthOf, wrapRanges, wrapText } from './text-layout.ts';
import type { StyleName } from './styles.ts';

/** A part of a row with one style. */
export type Piece =
  | {
      readonly text: string;
      readonly style?: StyleName;
      /** `href` is what a terminal opens on a click. `id` tells it which rows belong to one link. */
      readonly link?: { readonly href: string; readonly id: string };
    }
  /** A turning mark, one column wide. */
  | { readonly spinner: true };

/** One row of the screen. A view must keep it as narrow as its pane. */
export type Line = readonly Piece[];

export const spinner: Piece = { spinner: true };

export const emptyLine: Line = [];

export function plain(text: string): Piece {
  return { text };
}

export function styled(style: StyleName, text: string): Piece {
  return { text, style };
}

/** The width in columns. */
export function lineWidth(line: Line): number {
  return line.reduce((width, piece) => width + ('spinner' in piece ? 1 : widthOf(piece.text)), 0);
}

/** `left` at the left end and `right` at the right end of the row. If there is no room for both, only `left`. */
export function spread(left: Line, right: Line, columns: number): Line {
  const gap = columns - lineWidth(left) - lineWidth(right);
  return gap < 2 ? left : [...left, plain(' '.repeat(gap)), ...right];
}

/** The pieces with ` · ` between them. If not all fit, the last ones are left out. */
export function joinFitting(pieces: readonly Piece[], columns: number): Line {
  const line: Piece[] = [];
  let width = 0;
  for (const piece of pieces) {
    const next = line.length === 0 ? [piece] : [styled('dim', ' · '), piece];
    width += lineWidth(next);
    if (line.length > 0 && width > columns) {
      break;
    }
    line.push(...next);
  }
  return line;
}

/** The text after `lead`. Its further rows are indented by the width of `lead`, or less if that is wide. */
export function hang(lead: Line, text: string, columns: number, style?: StyleName): Line[] {
  const width = lineWidth(lead);
  const indentation = indentationBelow(width, columns);
  const rows = wrapRanges(text, Math.max(1, columns - indentation), Math.max(1, columns - width));
  return rows.map(({ start, end }, index) => {
    const row = text.slice(start, end);
    const piece = style === undefined ? plain(row) : styled(style, row);
    return (index === 0 ? lead : [plain(' '.repeat(indentation))]).concat(piece);
  });
}

/**
 * The share of a row that the lead of a message may take. If it takes more, the
 * rows below it are indented by less than its width.
 */
const MAX_INDENTATION = 2 / 5;
/** The indentation of those rows, as a share of the row. */
const SHORT_INDENTATION = 1 / 5;

/** The indentation of the rows below a lead of this width. */
export function indentationBelow(leadColumns: number, columns: number): number {
  return leadColumns > columns * MAX_INDENTATION ? Math.floor(columns * SHORT_INDENTATION) : leadColumns;
}

const LABEL_COLUMNS = 12;

/** A label in its own column, then the value, wrapped into rows. A narrow screen shows only the value. */
export function factLines(label: string, value: string, columns: number): Line[] {
  const head = columns < 34 ? 0 : LABEL_COLUMNS;
  return wrapText(value, Math.max(1, columns - head)).map((row, index) =>
    head === 0 ? [plain(row)] : [styled('dim', padText(index === 0 ? label : '', head)), plain(row)],
  );
}

/** At most `rows` lines. Blank lines are left out first, then the last ones. */
export function fitRows(lines: readonly Line[], rows: number): readonly Line[] {
  return lines.length <= rows ? lines : lines.filter((line) => line.length > 0).slice(0, rows);
}
