/**
 * Lays out the entries of a transcript, and moves a window over them. Only what
 * is in the window is laid out, and each entry once per width: 5,000 messages
 * cost what ten cost.
 */
import { safeName, safeText } from '../../text/safe-text.ts';
import type { FileEvent } from '../../events.ts';
import type { Entry, HeartbeatEntry, MessageEntry } from './entries.ts';
import type { EntryList } from './entry-list.ts';
import type { Found } from './find.ts';
import { LaidOut } from './laid-out.ts';
import { messageLines } from './message-lines.ts';
import { hang, type Line, type Piece, plain, styled } from '../text/line.ts';
import type { StyleName } from '../text/styles.ts';
import { padText, truncateText, widthOf } from '../text/text-layout.ts';
import { countText, durationText } from '../text/wording.ts';

/** Lays out entries that the first frame does not show, so that it need not wait for their code. */
export interface EntryViews {
  readonly fileLines: (file: FileEvent, time: Line, format: TranscriptFormat) => readonly Line[];
}

export interface TranscriptFormat {
  readonly columns: number;
  readonly peerName: string;
  /** Whether the peer acknowledges messages: classic does not, so there they get no mark. */
  readonly hasAcks: boolean;
  /** The number of the entry before which a row says that what follows is new. */
  readonly unread?: number | undefined;
  /** What is looked for in the messages, and the number of the one that is shown. */
  readonly found?: Pick<Found, 'query' | 'key'> | undefined;
  /** Where files are put unless another folder is named. */
  readonly downloads?: string | undefined;
  /** Lays out files, once it is loaded. */
  readonly later?: EntryViews | undefined;
}

/** Below this, the time of day would leave too little of the row for the text. */
const MIN_COLUMNS_FOR_TIME = 36;
/** Longer names of a peer are cut off in the transcript. */
const MAX_NAME_COLUMNS = 16;

/**
 * Two panes of a tall terminal show fewer entries at once; all 50,000 laid out
 * would take 40 MB. A message of line ends has 65,536 rows, and each pane can
 * show parts of two such messages: all four are kept, or each frame would lay
 * them out anew. So many rows take 30 MB.
 */
const laidOut = new LaidOut<Entry>({ maxItems: 500, maxRows: 300_000 });

/** The rows of one entry; at least one. */
export function entryLines(entry: Entry, format: TranscriptFormat): readonly Line[] {
  const key = `${format.columns} ${format.hasAcks} ${format.peerName} ${format.found?.query ?? ''} ${format.later === undefined}`;
  return laidOut.rowsOf(entry, key, () => layOut(entry, format));
}

function layOut(entry: Entry, format: TranscriptFormat): readonly Line[] {
  const time = format.columns < MIN_COLUMNS_FOR_TIME ? [] : [styled('dim', `${timeText(entry.at)} `)];
  switch (entry.kind) {
    case 'message': {
      const lead = [...time, ...authorOf(entry, format)];
      return messageLines(lead, entry, format.columns, format.found?.query);
    }
    case 'note': {
      const style = entry.tone ?? 'dim';
      return hang([...time, styled(style, '─ ')], safeText(entry.text), format.columns, style);
    }
    case 'heartbeat': {
      return hang([...time, styled('accent', '♥ ')], heartbeatText(entry), format.columns, 'dim');
    }
    case 'file': {
      const { later = { fileLines: () => [time] } } = format;
      return later.fileLines(entry.file, time, format);
    }
    case 'day': {
      return [ruleLine(dayText(entry.at), format.columns, 'dim')];
    }
    default: {
      return entry satisfies never;
    }
  }
}

// Made where it is first needed: it takes 5 ms, and the first frame tells no day.
let days: Intl.DateTimeFormat | undefined;

function dayText(at: number): string {
  days ??= new Intl.DateTimeFormat('en', { dateStyle: 'full' });
  return days.format(at);
}

/** A rule through the row with words in it. */
function ruleLine(words: string, columns: number, style: StyleName): Line {
  const fitting = truncateText(` ${words} `, Math.max(0, columns - 2));
  const left = Math.max(0, Math.floor((columns - widthOf(fitting)) / 2));
  const right = Math.max(0, columns - left - widthOf(fitting));
  return [styled(style, `${'─'.repeat(left)}${fitting}${'─'.repeat(right)}`)];
}

function timeText(at: number): string {
  const time = new Date(at);
  return `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`;
}

function authorOf(entry: MessageEntry, { columns, peerName, hasAcks }: TranscriptFormat): Piece[] {
  const name = safeName(peerName);
  const width = Math.min(Math.max(widthOf(name), 2), MAX_NAME_COLUMNS, Math.floor(columns / 3));
  if (entry.from === 'peer') {
    return [plain('  '), styled('peer', padText(`${truncateText(name, width)}:`, width + 1)), plain(' ')];
  }
  const mark = entry.delivered ? '✓' : '…';
  return [styled('dim', hasAcks ? `${mark} ` : '  '), styled('me', padText('me:', width + 1)), plain(' ')];
}

function heartbeatText({ text, sent, received, ms }: HeartbeatEntry): string {
  const parts = [
    safeText(text),
    ...(sent === undefined ? [] : [`sent ${sent}`]),
    ...(received === undefined ? [] : [`received ${received}`]),
    ...(ms === undefined ? [] : [durationText(ms)]),
  ];
  return parts.join(' · ');
}

/** The place of the window's lowest row: so many rows of entry `key` are hidden below it. */
export interface Position {
  readonly key: number;
  readonly hidden: number;
}

/** Scrolled up, the last row says what is below. */
function windowRows(rows: number): number {
  return Math.max(1, rows - 1);
}

/** The lowest `rows` rows of all, or, scrolled to `position`, those above it and a row that says so. */
export function transcriptLines(
  entries: EntryList<Entry>,
  format: TranscriptFormat,
  rows: number,
  position: Position | undefined,
): readonly Line[] {
  const { index, hidden } = startOf(entries, position);
  const room = position === undefined ? rows : windowRows(rows);
  const lines: Line[] = [];
  for (let at = index; at >= 0 && lines.length < room; at--) {
    const ofEntry = rowsOf(entries, at, format);
    const visible = at === index ? ofEntry.slice(0, Math.max(0, ofEntry.length - hidden)) : ofEntry;
    lines.unshift(...visible.slice(Math.max(0, visible.length - (room - lines.length))));
  }
  if (position === undefined || rows < 2) {
    return lines;
  }
  if (lines.length < room) {
    // The window was smaller when it got there.
    return transcriptLines(entries, format, rows, scroll(entries, format, rows, position, 0));
  }
  const newer = entries.length - 1 - index + (hidden > 0 ? 1 : 0);
  const news = newsBelow(entries, index, format.unread);
  const words = belowTexts(newer, news).find((text) => widthOf(text) <= format.columns) ?? `↓ ${newer}`;
  return [...lines, [styled('accent', truncateText(words, format.columns))]];
}

/** What is below, in more and fewer words: that there is something new is left out last. */
function belowTexts(newer: number, news: number): readonly string[] {
  const all = countText(newer, 'entry', 'entries');
  const also = news === 0 ? '' : `, ${newsText(news)}`;
  return [
    `↓ ${all} below${also}, PgDn`,
    `↓ ${all} below${also}`,
    `↓ ${newer} below${also}`,
    `↓ ${newer}${also}`,
  ];
}

/** More are `1000+`: nobody reads such a number to the last digit, and a frame must not count for long. */
const MAX_NEWS = 1000;

/** `3 new`. */
export function newsText(news: number): string {
  return `${news}${news === MAX_NEWS ? '+' : ''} new`;
}

/** What the peer has said or offered. */
function isFromPeer(entry: Entry): boolean {
  return entry.kind === 'message'
    ? entry.from === 'peer'
    : entry.kind === 'file' && entry.file.direction === 'received';
}

/** How many messages and offers behind `index` have come since somebody looked; after the first of them all are the peer's. */
export function newsBelow(entries: EntryList<Entry>, index: number, unread: number | undefined): number {
  let news = 0;
  const first = Math.max(index + 1, (unread ?? Infinity) - (entries.at(0)?.key ?? 0));
  for (let at = first; at < entries.length && news < MAX_NEWS; at++) {
    const entry = entries.at(at);
    news += entry !== undefined && isFromPeer(entry) ? 1 : 0;
  }
  return news;
}

/** The position `delta` rows further down (up, where negative); undefined where that is the end, which follows what comes. */
export function scroll(
  entries: EntryList<Entry>,
  format: TranscriptFormat,
  rows: number,
  position: Position | undefined,
  delta: number,
): Position | undefined {
  const last = entries.length - 1;
  if (rowsAbove(entries, format, { index: last, hidden: 0 }, rows + 1) <= rows) {
    return undefined;
  }
  const start = startOf(entries, position);
  const moved = normalize(entries, format, { index: start.index, hidden: start.hidden - delta });
  // No blank rows above the first entry.
  const missing = windowRows(rows) - rowsAbove(entries, format, moved, windowRows(rows));
  const place =
    missing > 0 ? normalize(entries, format, { index: moved.index, hidden: moved.hidden - missing }) : moved;
  // Down to where a single row is missing is down to the end: the row that would say so is the one.
  const below = normalize(entries, format, { ...place, hidden: place.hidden - (delta > 0 ? 1 : 0) });
  const isEnd = below.index >= last && below.hidden <= 0;
  return isEnd ? undefined : { key: entries.at(place.index)?.key ?? 0, hidden: place.hidden };
}

/** How many rows of entry `key` stand behind the first in which what is looked for is set off; 0 where none is. */
export function rowsBehindMatch(entries: EntryList<Entry>, format: TranscriptFormat, key: number): number {
  const lines = rowsOf(entries, key - (entries.at(0)?.key ?? 0), format);
  const row = lines.findIndex((line) => line.some((piece) => 'style' in piece && piece.style === 'found'));
  return row === -1 ? 0 : lines.length - 1 - row;
}

interface Place {
  readonly index: number;
  readonly hidden: number;
}

/** Moves whole entries out of `hidden`, until it is within its entry (or beyond the first or the last). */
function normalize(entries: EntryList<Entry>, format: TranscriptFormat, place: Place): Place {
  let { index, hidden } = place;
  while (index > 0 && hidden >= rowsOf(entries, index, format).length) {
    hidden -= rowsOf(entries, index, format).length;
    index -= 1;
  }
  while (hidden < 0 && index < entries.length - 1) {
    index += 1;
    hidden += rowsOf(entries, index, format).length;
  }
  return { index, hidden };
}

/** How many rows are at `place` and above; stops counting at `enough`. */
function rowsAbove(
  entries: EntryList<Entry>,
  format: TranscriptFormat,
  place: Place,
  enough: number,
): number {
  let above = -place.hidden;
  for (let at = place.index; at >= 0 && above < enough; at--) {
    above += rowsOf(entries, at, format).length;
  }
  return above;
}

function rowsOf(entries: EntryList<Entry>, index: number, format: TranscriptFormat): readonly Line[] {
  const entry = entries.at(index);
  if (entry === undefined) {
    return [];
  }
  const lines = entryLines(entry, format);
  return entry.key === format.unread ? [ruleLine('new', format.columns, 'accent'), ...lines] : lines;
}

/** Keys count up without gaps, so a key is found without a search; entries that were dropped count as the first. */
function startOf(entries: EntryList<Entry>, position: Position | undefined): Place {
  const last = entries.length - 1;
  if (position === undefined) {
    return { index: last, hidden: 0 };
  }
  const index = position.key - (entries.at(0)?.key ?? 0);
  return index < 0 ? { index: 0, hidden: 0 } : { index: Math.min(index, last), hidden: position.hidden };
}
