import { safeText } from '../../text/safe-text.ts';
import type { MessageEntry } from './entries/entries.ts';
import { type Line, lineWidth, type Piece, plain } from '../text/line.ts';
import { patternOf } from '../text/query-pattern.ts';
import { type Link, linksOf } from './links.ts';
import { type Range, widthOf, wrapRanges } from '../text/text-layout.ts';

/**
 * The share of a row that the lead may take. If it takes more, the rows below
 * it are indented by less than its width.
 */
const MAX_INDENTATION = 2 / 5;
/** The indentation of those rows, as a share of the row. */
const SHORT_INDENTATION = 1 / 5;
/** In columns. If the first row has less room than this after the lead, the text begins in the row below. */
const WIDEST_CHARACTER = 2;

/**
 * The text of a message after `lead`, in rows that are indented as far as the
 * lead is wide, or less if the lead is too wide. A link that does not fit into
 * such a row gets rows of its own from the first column on, so that it stays
 * whole if it fits into one row at all.
 */
export function messageLines(lead: Line, entry: MessageEntry, columns: number, query?: string): Line[] {
  const { text, links } = withTargets(safeText(entry.text, { multiline: true }));
  const pattern = query === undefined ? undefined : patternOf(query);
  const leadColumns = lineWidth(lead);
  const isDeep = leadColumns > columns * MAX_INDENTATION;
  const indentation = isDeep ? Math.floor(columns * SHORT_INDENTATION) : leadColumns;
  const room = Math.max(1, columns - indentation);
  const firstRoom = Math.max(1, columns - leadColumns);
  const lines: Line[] = [];
  let start = 0;
  /** The index of the first link that does not end before the current row. */
  let link = 0;
  function add(end: number, isWhole: boolean): void {
    if (lines.length === 0 && (isWhole || firstRoom < WIDEST_CHARACTER)) {
      lines.push([...lead]);
    }
    const block = text.slice(start, end);
    const rows = isWhole
      ? wrapRanges(block, columns)
      : wrapRanges(block, room, lines.length === 0 ? firstRoom : room);
    const margin = isWhole ? [] : [plain(' '.repeat(indentation))];
    for (const row of rows) {
      const place = { start: start + row.start, end: start + row.end };
      while ((links[link]?.end ?? Infinity) <= place.start) {
        link += 1;
      }
      const pieces = piecesOf(text, place, links, link, entry.key);
      lines.push([...(lines.length === 0 ? lead : margin), ...highlighted(pieces, pattern)]);
    }
    start = blockAfter(text, end);
  }
  const firstSpace = text.search(/\s/);
  /** The width of the text up to the end of the last link without a space before it, and that end's offset. */
  let firstColumns = 0;
  let measured = 0;
  for (const { start: from, end } of links) {
    // There is no space before this link where the first row could be broken, so the link itself would be.
    const isFirst = firstSpace === -1 || firstSpace >= from;
    if (isFirst) {
      firstColumns += widthOf(text.slice(measured, end));
      measured = end;
    }
    const fits = widthOf(text.slice(from, end)) <= room;
    if (!fits || (isFirst && firstColumns > firstRoom)) {
      const before = text.slice(start, from).trimEnd();
      if (before !== '') {
        add(start + before.length, false);
      }
      start = from;
      add(end, true);
    }
  }
  if (lines.length === 0 || text.slice(start).trim() !== '') {
    add(text.length, false);
  }
  return lines;
}

/** The start of the next block. A space or newline between two blocks is replaced by the new row. */
function blockAfter(text: string, end: number): number {
  let start = end;
  while (text[start] === ' ') {
    start += 1;
  }
  return text[start] === '\n' ? start + 1 : start;
}

interface Linked {
  readonly text: string;
  readonly links: readonly Link[];
}

/** Adds the real target after each link that could be taken for another one. */
function withTargets(text: string): Linked {
  const parts: string[] = [];
  let copied = 0;
  let added = 0;
  const links = linksOf(text).map(({ start, end, href, host }): Link => {
    const moved = { start: start + added, end: end + added, href, host };
    if (host !== undefined) {
      const target = ` (leads to ${host})`;
      parts.push(text.slice(copied, end), target);
      copied = end;
      added += target.length;
    }
    return moved;
  });
  return { text: [...parts, text.slice(copied)].join(''), links };
}

/** One row of the text as pieces. `first` is the index of the first link that does not end before it. */
function piecesOf(text: string, row: Range, links: readonly Link[], first: number, key: number): Piece[] {
  const pieces: Piece[] = [];
  let at = row.start;
  for (let index = first; index < links.length; index++) {
    const { start = Infinity, end = 0, href } = links[index] ?? {};
    if (start >= row.end) {
      break;
    }
    const from = Math.max(start, at);
    const to = Math.min(end, row.end);
    if (from > at) {
      pieces.push(plain(text.slice(at, from)));
    }
    const shown = text.slice(from, to);
    pieces.push(
      href === undefined
        ? plain(shown)
        : { text: shown, style: 'link', link: { href, id: `${key}-${index}` } },
    );
    at = to;
  }
  if (at < row.end || pieces.length === 0) {
    pieces.push(plain(text.slice(at, row.end)));
  }
  return pieces;
}

/** Highlights the matches of a search. A match that is broken over two rows is not highlighted. */
function highlighted(pieces: readonly Piece[], pattern: RegExp | undefined): readonly Piece[] {
  if (pattern === undefined) {
    return pieces;
  }
  return pieces.flatMap((piece): Piece[] => {
    if ('spinner' in piece) {
      return [piece];
    }
    const parts: Piece[] = [];
    let at = 0;
    for (const { 0: match, index } of piece.text.matchAll(pattern)) {
      parts.push({ ...piece, text: piece.text.slice(at, index) }, { ...piece, text: match, style: 'found' });
      at = index + match.length;
    }
    return [...parts, { ...piece, text: piece.text.slice(at) }].filter(
      (part) => !('text' in part) || part.text !== '',
    );
  });
}
