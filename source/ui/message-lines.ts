import { safeText } from '../core/safe-text.ts';
import type { MessageEntry } from './entries.ts';
import { type Line, lineWidth, type Piece, plain } from './line.ts';
import { patternOf } from './find.ts';
import { type Link, linksOf } from './links.ts';
import { type Range, widthOf, wrapRanges } from './text-layout.ts';

/** A lead that takes more of the row than this leaves too little to the rows below it. */
const maxIndentation = 2 / 5;
/** What they are indented by then. */
const shortIndentation = 1 / 5;
/** In columns: with less room than for one of these, a text begins in the row below the lead. */
const widestCharacter = 2;

/**
 * The text of a message behind `lead`, its further rows indented as far as the
 * lead is wide, where that is not too much. An address that has no room there
 * stands on rows of its own from the first column on, so that it is whole
 * wherever one row can hold it.
 */
export function messageLines(lead: Line, entry: MessageEntry, columns: number, query?: string): Line[] {
  const text = withTargets(safeText(entry.text, { multiline: true }));
  const links = linksOf(text);
  const leadColumns = lineWidth(lead);
  const isDeep = leadColumns > columns * maxIndentation;
  const indentation = isDeep ? Math.floor(columns * shortIndentation) : leadColumns;
  const room = Math.max(1, columns - indentation);
  const firstRoom = Math.max(1, columns - leadColumns);
  const lines: Line[] = [];
  let start = 0;
  const add = (end: number, isWhole: boolean): void => {
    if (lines.length === 0 && (isWhole || firstRoom < widestCharacter)) {
      lines.push([...lead]);
    }
    const block = text.slice(start, end);
    const rows = isWhole
      ? wrapRanges(block, columns)
      : wrapRanges(block, room, lines.length === 0 ? firstRoom : room);
    const margin = isWhole ? [] : [plain(' '.repeat(indentation))];
    for (const row of rows) {
      const place = { start: start + row.start, end: start + row.end };
      lines.push([
        ...(lines.length === 0 ? lead : margin),
        ...highlighted(piecesOf(text, place, links, entry.key), query),
      ]);
    }
    // What parted it from the next block is a new row now.
    start = end + (/^ *\n?/.exec(text.slice(end))?.[0].length ?? 0);
  };
  for (const link of links) {
    // In the first row nothing parts it from its beginning, so it would be broken there.
    const isFirst = !/\s/.test(text.slice(0, link.start));
    const fits = widthOf(text.slice(link.start, link.end)) <= room;
    if (!fits || (isFirst && widthOf(text.slice(0, link.end)) > firstRoom)) {
      const before = text.slice(start, link.start).trimEnd();
      if (before !== '') {
        add(start + before.length, false);
      }
      start = link.start;
      add(link.end, true);
    }
  }
  if (lines.length === 0 || text.slice(start).trim() !== '') {
    add(text.length, false);
  }
  return lines;
}

/** Behind an address that can be taken for another one, where it leads. */
function withTargets(text: string): string {
  return linksOf(text).reduceRight(
    (all, { end, host }) =>
      host === undefined ? all : `${all.slice(0, end)} (leads to ${host})${all.slice(end)}`,
    text,
  );
}

/** One row of the text, with the links that stand in it. */
function piecesOf(text: string, row: Range, links: readonly Link[], key: number): Piece[] {
  const pieces: Piece[] = [];
  let at = row.start;
  for (const [index, { start, end, href }] of links.entries()) {
    const from = Math.max(start, at);
    const to = Math.min(end, row.end);
    if (from >= to) {
      continue;
    }
    if (from > at) {
      pieces.push(plain(text.slice(at, from)));
    }
    pieces.push({ text: text.slice(from, to), style: 'link', link: { href, id: `${key}-${index}` } });
    at = to;
  }
  if (at < row.end || pieces.length === 0) {
    pieces.push(plain(text.slice(at, row.end)));
  }
  return pieces;
}

/** With what was looked for set off; a match that goes over the end of a row is not. */
function highlighted(pieces: readonly Piece[], query: string | undefined): readonly Piece[] {
  if (query === undefined) {
    return pieces;
  }
  return pieces.flatMap((piece): Piece[] => {
    if ('spinner' in piece) {
      return [piece];
    }
    const parts: Piece[] = [];
    let at = 0;
    for (const { 0: match, index } of piece.text.matchAll(patternOf(query))) {
      parts.push({ ...piece, text: piece.text.slice(at, index) }, { ...piece, text: match, style: 'found' });
      at = index + match.length;
    }
    return [...parts, { ...piece, text: piece.text.slice(at) }].filter(
      (part) => !('text' in part) || part.text !== '',
    );
  });
}
