import { safeText } from '../../text/safe-text.ts';
import type { MessageEntry } from './entries.ts';
import { type Line, lineWidth, type Piece, plain } from '../text/line.ts';
import { patternOf } from './find.ts';
import { type Link, linksOf } from '../links.ts';
import { type Range, widthOf, wrapRanges } from '../text/text-layout.ts';

/** A lead that takes more of the row than this leaves too little to the rows below it. */
const maxIndentation = 2 / 5;
/** What they are indented by then. */
const shortIndentation = 1 / 5;
/** In columns: with less room than for one of these, a text begins in the row below the lead. */
const widestCharacter = 2;

/** What parts a block from the next one. */
const between = / *\n?/y;

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
  const linksFrom = linkReader(links, entry.key);
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
        ...highlighted(piecesOf(text, place, linksFrom(place)), query),
      ]);
    }
    // The space or line end that parted it from the next block is a new row now.
    between.lastIndex = end;
    start = end + (between.exec(text)?.[0].length ?? 0);
  };
  const firstSpace = text.search(/\s/);
  /** How wide the text is up to the link that is looked at; not counted on where it has no room anyway. */
  let beforeColumns = 0;
  let measured = 0;
  for (const link of links) {
    // In the first row nothing parts it from its beginning, so it would be broken there.
    const isFirst = firstSpace === -1 || firstSpace >= link.start;
    if (isFirst && beforeColumns <= firstRoom) {
      beforeColumns += widthOf(text.slice(measured, link.end));
      measured = link.end;
    }
    const fits = widthOf(text.slice(link.start, link.end)) <= room;
    if (!fits || (isFirst && beforeColumns > firstRoom)) {
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
  const parts: string[] = [];
  let at = 0;
  for (const { end, host } of linksOf(text)) {
    if (host !== undefined) {
      parts.push(text.slice(at, end), ` (leads to ${host})`);
      at = end;
    }
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(at);
}

/** A link, and the name by which a terminal knows that parts on several rows belong to it. */
interface NamedLink extends Link {
  readonly id: string;
}

/**
 * Reads off which links stand in a row. The rows are asked for from the first
 * to the last, so that no link is looked at again that ended in an earlier one.
 */
function linkReader(links: readonly Link[], key: number): (row: Range) => readonly NamedLink[] {
  let first = 0;
  return (row) => {
    while ((links[first]?.end ?? Infinity) <= row.start) {
      first += 1;
    }
    const inRow: NamedLink[] = [];
    for (let index = first; (links[index]?.start ?? Infinity) < row.end; index += 1) {
      const link = links[index];
      if (link !== undefined) {
        inRow.push({ ...link, id: `${key}-${index}` });
      }
    }
    return inRow;
  };
}

/** One row of the text, with the links that stand in it. */
function piecesOf(text: string, row: Range, links: readonly NamedLink[]): Piece[] {
  const pieces: Piece[] = [];
  let at = row.start;
  for (const { start, end, href, id } of links) {
    const from = Math.max(start, at);
    const to = Math.min(end, row.end);
    if (from >= to) {
      continue;
    }
    if (from > at) {
      pieces.push(plain(text.slice(at, from)));
    }
    pieces.push({ text: text.slice(from, to), style: 'link', link: { href, id } });
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
