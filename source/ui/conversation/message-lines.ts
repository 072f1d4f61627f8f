import { safeText } from '../../text/safe-text.ts';
import { trimEndOf } from '../../text/trim-end.ts';
import { addCode, blocksOf, type MessageFrame } from './code-lines.ts';
import type { MessageEntry } from './entries/entries.ts';
import { writtenText } from '../friend/written-text.ts';
import { indentationBelow, type Line, lineWidth, type Piece, plain, styled } from '../text/line.ts';
import { highlighted, patternOf } from '../text/query-pattern.ts';
import { type Link, linksOf } from './links.ts';
import { type Range, widthOf, wrapRanges, wrapText } from '../text/text-layout.ts';

/** A longer row of text is hard to read. Code and links may be wider, so that they stay whole. */
const MAX_TEXT_COLUMNS = 100;
/** In columns. If the first row has less room than this after the lead, the text begins in the row below. */
const WIDEST_CHARACTER = 2;

/**
 * The text of a message after `lead`, in rows that are indented as far as the
 * lead is wide, or less if the lead is too wide. A link that does not fit into
 * such a row gets rows of its own from the first column on, so that it stays
 * whole if it fits into one row at all. Code between fences has a bar beside it.
 */
export function messageLines(lead: Line, entry: MessageEntry, columns: number, query?: string): Line[] {
  // The line end behind a pasted text is no row.
  const text = trimEndOf(safeText(entry.text, { multiline: true }), '\n');
  const indentation = indentationBelow(lineWidth(lead), columns);
  const pattern = query === undefined ? undefined : patternOf(query);
  const frame = { lead, indentation, columns, key: entry.key, pattern };
  const lines: Line[] = [];
  let links = 0;
  for (const block of blocksOf(text)) {
    if (block.isCode) {
      addCode(lines, block, frame);
    } else {
      links += addProse(lines, block.text, links, frame);
    }
  }
  if (entry.writtenAt !== undefined) {
    addWritten(lines, writtenText(entry.writtenAt, entry.at), frame);
  }
  return entry.isPast === true ? lines.map(dimmed) : lines;
}

/** A row of an earlier conversation. What was found in it, and links, stay as they are. */
function dimmed(line: Line): Line {
  return line.map((piece) =>
    'spinner' in piece || piece.style === 'found' || piece.style === 'link'
      ? piece
      : { ...piece, style: 'dim' as const },
  );
}

/** Adds when the message was written: behind its text, or below it if there is no room. */
function addWritten(lines: Line[], words: string, { indentation, columns }: MessageFrame): void {
  const text = `(${words})`;
  const mark = styled('dim', text);
  const last = lines.at(-1);
  if (last !== undefined && lineWidth(last) + 2 + lineWidth([mark]) <= columns) {
    lines[lines.length - 1] = [...last, plain('  '), mark];
  } else {
    const room = Math.max(1, columns - indentation);
    const rows = wrapText(text, room).map((row) => [plain(' '.repeat(indentation)), styled('dim', row)]);
    lines.push(...rows);
  }
}

/** Adds the rows of a text without code. `known`: the number of links before it. Returns how many links it has. */
function addProse(lines: Line[], prose: string, known: number, frame: MessageFrame): number {
  const { lead, indentation, columns, key, pattern } = frame;
  const { text, links } = withTargets(prose);
  const leadColumns = lineWidth(lead);
  const room = Math.max(1, Math.min(columns - indentation, MAX_TEXT_COLUMNS));
  const firstRoom =
    lines.length === 0 ? Math.max(1, Math.min(columns - leadColumns, MAX_TEXT_COLUMNS)) : room;
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
      const pieces = piecesOf(text, place, links, link, (index) => `${key}-${known + index}`);
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
  if (start === 0 || text.slice(start).trim() !== '') {
    add(text.length, false);
  }
  return links.length;
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
function piecesOf(
  text: string,
  row: Range,
  links: readonly Link[],
  first: number,
  idOf: (index: number) => string,
): Piece[] {
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
      href === undefined ? plain(shown) : { text: shown, style: 'link', link: { href, id: idOf(index) } },
    );
    at = to;
  }
  if (at < row.end || pieces.length === 0) {
    pieces.push(plain(text.slice(at, row.end)));
  }
  return pieces;
}
