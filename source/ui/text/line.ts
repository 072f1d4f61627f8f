/**
 * One row of the screen, as pieces of styled text. All views are functions to
 * lines, so that a view knows how many rows it takes before anything is drawn.
 */
import { padText, widthOf, wrapText } from './text-layout.ts';
import type { StyleName } from './styles.ts';

export type Piece =
  | {
      readonly text: string;
      readonly style?: StyleName;
      /** What a terminal opens on a click, and what tells it which rows belong to one link. */
      readonly link?: { readonly href: string; readonly id: string };
    }
  /** Takes one column. */
  | { readonly spinner: true };

export type Line = readonly Piece[];

export const spinner: Piece = { spinner: true };

export const emptyLine: Line = [];

export function plain(text: string): Piece {
  return { text };
}

export function styled(style: StyleName, text: string): Piece {
  return { text, style };
}

export function lineWidth(line: Line): number {
  return line.reduce((width, piece) => width + ('spinner' in piece ? 1 : widthOf(piece.text)), 0);
}

/** `left` at the left and `right` at the right end of the row; where both have no room, `left` alone. */
export function spread(left: Line, right: Line, columns: number): Line {
  const gap = columns - lineWidth(left) - lineWidth(right);
  return gap < 2 ? left : [...left, plain(' '.repeat(gap)), ...right];
}

/** The pieces with ` · ` between them, as many as fit: those at the end go first. */
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

/** The text behind `lead`, its further rows indented as far as the lead is wide. */
export function hang(lead: Line, text: string, columns: number, style?: StyleName): Line[] {
  const indentation = plain(' '.repeat(lineWidth(lead)));
  const rows = wrapText(text, Math.max(1, columns - lineWidth(lead)));
  return rows.map((row, index) => {
    const piece = style === undefined ? plain(row) : styled(style, row);
    return (index === 0 ? lead : [indentation]).concat(piece);
  });
}

const LABEL_COLUMNS = 12;

/** A label in a column of its own, then the value, on as many rows as it takes; on a narrow screen the value alone. */
export function factLines(label: string, value: string, columns: number): Line[] {
  const head = columns < 34 ? 0 : LABEL_COLUMNS;
  return wrapText(value, Math.max(1, columns - head)).map((row, index) =>
    head === 0 ? [plain(row)] : [styled('dim', padText(index === 0 ? label : '', head)), plain(row)],
  );
}

/** At most `rows` lines: the blank ones go first, then those at the end. */
export function fitRows(lines: readonly Line[], rows: number): readonly Line[] {
  return lines.length <= rows ? lines : lines.filter((line) => line.length > 0).slice(0, rows);
}
