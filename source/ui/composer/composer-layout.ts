import { safeText } from '../../text/safe-text.ts';
import type { ComposerState } from './composer-state.ts';
import { boundaryFrom } from '../text/graphemes.ts';
import { type Line, plain, spread, styled } from '../text/line.ts';
import { clustersOf, truncateText, widthOf } from '../text/text-layout.ts';

/** The rows of the composer on the screen. */
export interface ComposerLayout {
  readonly lines: readonly Line[];
  /** The place of the terminal's cursor, counted from the upper left of the composer. Undefined if it is hidden. */
  readonly cursor: { readonly x: number; readonly y: number } | undefined;
}

const prompt = '› ';

/**
 * A long line is laid out in pieces of this length, each starting on a new row,
 * and only the pieces near the cursor are. So a key costs the same at the end
 * of a long line as at its start.
 */
const PIECE_LENGTH = 2048;

export interface ComposerRoom {
  readonly columns: number;
  readonly maxRows: number;
  /** Shown while the draft is empty: the placeholder, and at the right, if there is room, a hint. */
  readonly placeholder: string;
  readonly hint: string;
}

/**
 * The draft in at most `maxRows` rows around the cursor. A row is broken where
 * it is full, not between words, so that the user sees exactly what will be
 * sent.
 */
export function layOutComposer(state: ComposerState, room: ComposerRoom): ComposerLayout {
  const searchLine = searchLineOf(state, room.columns);
  if (searchLine === undefined) {
    return layOutDraft(state, room);
  }
  if (room.maxRows < 2) {
    return { lines: [searchLine], cursor: undefined };
  }
  const { lines, cursor } = layOutDraft(state, {
    ...room,
    maxRows: room.maxRows - 1,
    placeholder: '',
    hint: '',
  });
  return { lines: [searchLine, ...lines], cursor: cursor && { x: cursor.x, y: cursor.y + 1 } };
}

function searchLineOf({ search }: ComposerState, columns: number): Line | undefined {
  if (search === undefined) {
    return undefined;
  }
  const what = search.isFailing ? 'not found: ' : 'search: ';
  return [
    styled(search.isFailing ? 'bad' : 'accent', what),
    plain(truncateText(safeText(search.query), columns - what.length)),
  ];
}

function layOutDraft(
  { text, cursor, isSelected }: ComposerState,
  { columns, maxRows, placeholder, hint }: ComposerRoom,
): ComposerLayout {
  if (text === '') {
    const line = [
      styled('accent', prompt),
      styled('dim', truncateText(placeholder, columns - prompt.length)),
    ];
    return { lines: [spread(line, [styled('dim', hint)], columns)], cursor: { x: prompt.length, y: 0 } };
  }
  const { rows, x, y, isStart, isEnd } = rowsAround(
    text,
    cursor,
    Math.max(1, columns - prompt.length - 1),
    maxRows,
  );
  const start = Math.max(0, y - maxRows + 1);
  const shown = rows.slice(start, start + maxRows);
  const hasAbove = !isStart || start > 0;
  const hasBelow = !isEnd || start + shown.length < rows.length;
  const lines = shown.map((row, index): Line => {
    const isLast = index === shown.length - 1;
    return [
      marginOf(index === 0, index === 0 && hasAbove, isLast && hasBelow),
      isSelected ? styled('found', row) : plain(row),
    ];
  });
  return { lines, cursor: { x: x + prompt.length, y: y - start } };
}

/** The margin of a row: the prompt before the first row, arrows if more of the draft is out of sight. */
function marginOf(isFirst: boolean, hasAbove: boolean, hasBelow: boolean): Line[number] {
  if (hasAbove || hasBelow) {
    return styled('accent', hasAbove ? '↑ ' : '↓ ');
  }
  return isFirst ? styled('accent', prompt) : plain('  ');
}

interface Piece {
  readonly from: number;
  readonly to: number;
}

interface Rows {
  readonly rows: readonly string[];
  /** The cursor's column and row. */
  readonly x: number;
  readonly y: number;
  /** Whether `rows` begin with the first row of the text, and end with its last one. */
  readonly isStart: boolean;
  readonly isEnd: boolean;
}

/** The rows of the piece with the cursor, and at least `enough` rows before and after it, if there are so many. */
function rowsAround(text: string, cursor: number, columns: number, enough: number): Rows {
  const middle = pieceAt(text, cursor);
  const { rows: around, x, y } = wrapPiece(text, middle, columns, cursor);
  const above: string[] = [];
  let { from } = middle;
  while (from > 0 && above.length < enough) {
    const piece = pieceAt(text, from - 1);
    above.unshift(...wrapPiece(text, piece, columns).rows);
    ({ from } = piece);
  }
  const below: string[] = [];
  let { to } = middle;
  while (to < text.length && below.length < enough) {
    const piece = pieceAt(text, text[to] === '\n' ? to + 1 : to);
    below.push(...wrapPiece(text, piece, columns).rows);
    ({ to } = piece);
  }
  return {
    rows: [...above, ...around, ...below],
    x,
    y: above.length + y,
    isStart: from === 0,
    isEnd: to === text.length,
  };
}

/** The piece that contains `offset`, without the newline at its end. */
function pieceAt(text: string, offset: number): Piece {
  const lineStart = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  const newline = text.indexOf('\n', offset);
  const lineEnd = newline === -1 ? text.length : newline;
  function boundary(index: number): number {
    return Math.min(lineEnd, boundaryFrom(text, lineStart + index * PIECE_LENGTH));
  }
  let index = Math.floor((offset - lineStart) / PIECE_LENGTH);
  while (index > 0 && (boundary(index) > offset || boundary(index) === lineEnd)) {
    index -= 1;
  }
  return { from: boundary(index), to: boundary(index + 1) };
}

function wrapPiece(
  text: string,
  { from, to }: Piece,
  columns: number,
  cursor = -1,
): { readonly rows: string[]; readonly x: number; readonly y: number } {
  const rows: string[] = [];
  let row = '';
  let width = 0;
  let offset = from;
  let place = { x: 0, y: 0 };
  for (const cluster of clustersOf(text.slice(from, to))) {
    const { shown, columns: clusterColumns } = shownCluster(cluster);
    if (width + clusterColumns > columns && width > 0) {
      rows.push(row);
      row = '';
      width = 0;
    }
    if (offset === cursor) {
      place = { x: width, y: rows.length };
    }
    row += shown;
    width += clusterColumns;
    offset += cluster.length;
  }
  if (offset === cursor) {
    place = { x: width, y: rows.length };
  }
  rows.push(row);
  return { rows, ...place };
}

interface ShownCluster {
  readonly shown: string;
  readonly columns: number;
}

/** Measured clusters. A draft has few different ones, and measuring one takes as long as laying out hundreds. */
const known = new Map<string, ShownCluster>();
/** Bounds memory. Nobody uses so many different clusters in one draft. */
const MAX_KNOWN = 1000;

/** A cluster of the draft as it is shown. A pasted text may hold control characters that the terminal would obey. */
function shownCluster(cluster: string): ShownCluster {
  const before = known.get(cluster);
  if (before !== undefined) {
    return before;
  }
  const shown = cluster === '\t' ? '    ' : safeText(cluster);
  const measured = { shown, columns: widthOf(shown) };
  if (known.size >= MAX_KNOWN) {
    known.clear();
  }
  known.set(cluster, measured);
  return measured;
}
