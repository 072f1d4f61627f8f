/**
 * Lays out the entries of a transcript, and scrolls it. Only entries in view
 * are laid out, and each once per width, so that 5,000 messages cost no more
 * than ten.
 */
import { safeName, safeText } from '../../text/safe-text.ts';
import type { Entry, FileEntry, HeartbeatEntry, MessageEntry } from './entries/entries.ts';
import type { EntryList } from './entries/entry-list.ts';
import type { Found } from './find-message.ts';
import { LayoutCache } from './layout-cache.ts';
import type { messageLines } from './message-lines.ts';
import { hang, indentationBelow, type Line, lineWidth, plain, styled } from '../text/line.ts';
import type { StyleName } from '../text/styles.ts';
import type { Transfer } from '../transfers/transfers.ts';
import { padText, truncateText, widthOf } from '../text/text-layout.ts';
import { countText, durationText } from '../text/wording.ts';

/** Lays out entries of kinds that the first frame does not show. They are loaded after it. */
export interface EntryViews {
  readonly fileLines: (lead: Line, entry: FileEntry, format: TranscriptFormat) => readonly Line[];
  readonly messageLines: typeof messageLines;
}

/** Everything besides the entries that the rows of the transcript depend on. */
export interface TranscriptFormat {
  readonly columns: number;
  /** The columns of the widest name that the peer has had. */
  readonly nameColumns: number;
  /** Whether the peer acknowledges messages. The classic protocol does not, so there messages get no mark. */
  readonly hasAcks: boolean;
  /** The number of the first unread entry. A rule before it marks what is new. */
  readonly unread?: number | undefined;
  /** The query of `/find`, and the number of the match that is shown. */
  readonly found?: Pick<Found, 'query' | 'key'> | undefined;
  /** Where received files are put by default, as it is shown to the user. */
  readonly downloads?: string | undefined;
  /** The files of the chat, whose progress their rows show. */
  readonly files?: RunningFiles | undefined;
  /** In ms since the epoch. Only needed to draw, as the next one: no number of rows depends on them. */
  readonly now?: number;
  /** Whether nothing may move by itself. */
  readonly reducedMotion?: boolean;
  /** Undefined until it is loaded. */
  readonly lazyViews?: EntryViews | undefined;
}

export interface RunningFiles {
  readonly transfers: readonly Transfer[];
  /** The number of the first entry of the chat that they belong to. */
  readonly first: number;
  /** Whether the connection is lost, so that no file makes progress. */
  readonly isLost: boolean;
}

/** On a narrower screen the time of day is left out, because the text needs the room. */
const MIN_COLUMNS_FOR_TIME = 36;
/** Our name in the transcript. */
const ownName = 'you';
/** A longer name of the peer is cut off in the transcript. */
const MAX_NAME_COLUMNS = 16;
/** A longer row of a note is hard to read. */
const MAX_NOTE_COLUMNS = 100;

/**
 * More entries than two panes of a tall terminal show at once; all 50,000 would
 * take 40 MB. A message of newlines has 65,536 rows, and each pane can show
 * parts of two such messages. All four must stay cached, or each frame would
 * lay them out again. So many rows take 30 MB.
 */
const layoutCache = new LayoutCache<Entry>({ maxItems: 500, maxRows: 300_000 });

/**
 * The rows of one entry. There is at least one. A message or file that continues
 * a group shows sender and time only if `isAlone`: a rule stands between the two.
 */
export function entryLines(entry: Entry, format: TranscriptFormat, isAlone = false): readonly Line[] {
  const { columns, hasAcks, nameColumns, found, lazyViews } = format;
  // The rows of a file under way are another with each progress.
  if (entry.kind === 'file' && entry.file.state === 'accepted') {
    return layOut(entry, format, isAlone);
  }
  const key = [columns, hasAcks, nameColumns, found?.query, lazyViews === undefined, isAlone];
  return layoutCache.rowsOf(entry, key.join(' '), () => layOut(entry, format, isAlone));
}

function layOut(entry: Entry, format: TranscriptFormat, isAlone: boolean): readonly Line[] {
  const { columns, found, lazyViews } = format;
  const time = columns < MIN_COLUMNS_FOR_TIME ? [] : [plain('  '), styled('dim', `${timeText(entry.at)} `)];
  const noteColumns = Math.min(columns, lineWidth(time) + '● '.length + MAX_NOTE_COLUMNS);
  switch (entry.kind) {
    case 'message': {
      const lead = leadOf(entry, format, isAlone || entry.isFirst);
      return lazyViews?.messageLines(lead, entry, columns, found?.query) ?? [lead];
    }
    case 'note': {
      const style = entry.tone ?? 'dim';
      const lead = [...time, styled(style, `${entry.mark ?? '─'} `)];
      return hang(lead, safeText(entry.text), noteColumns, style);
    }
    case 'heartbeat': {
      return hang([...time, styled('accent', '♥ ')], heartbeatText(entry), noteColumns, 'dim');
    }
    case 'file': {
      const lead = leadOf(entry, format, isAlone || entry.isFirst);
      return lazyViews?.fileLines(lead, entry, format) ?? [lead];
    }
    case 'day': {
      return [ruleLine(entry.text || dayText(entry.at), columns, 'dim')];
    }
    default: {
      return entry satisfies never;
    }
  }
}

// Created on first use: it takes 5 ms, and the first frame shows no day.
let days: Intl.DateTimeFormat | undefined;

/** `Saturday, November 28`, in the user's language. */
function dayText(at: number): string {
  days ??= new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
  // Some languages have invisible marks for the direction in their dates.
  return days.format(at).replaceAll(/\p{Cf}/gv, '');
}

/** A horizontal rule with words in its middle. */
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

/** The mark, the time and the sender, or as many columns without time and sender. */
function leadOf(entry: MessageEntry | FileEntry, format: TranscriptFormat, isHead: boolean): Line {
  const { columns, nameColumns, hasAcks } = format;
  const isMessage = entry.kind === 'message';
  const isOurs = isMessage ? entry.from === 'me' : entry.file.direction === 'sent';
  const widest = Math.max(nameColumns, ownName.length);
  const width = Math.min(widest, MAX_NAME_COLUMNS, Math.floor(columns / 3));
  // Nothing is known of what became of an earlier message.
  const isMarked = isMessage && isOurs && hasAcks && entry.isPast !== true;
  const mark = styled('dim', isMarked ? `${entry.delivered ? '✓' : '…'} ` : '  ');
  const hasTime = columns >= MIN_COLUMNS_FOR_TIME;
  const time = hasTime ? [styled('dim', `${timeText(entry.at)} `)] : [];
  const name = padText(isOurs ? ownName : safeName(entry.name), width);
  const lead = [mark, ...time, styled(isOurs ? 'me' : 'peer', name), plain('  ')];
  const indentation = indentationBelow(lineWidth(lead), columns);
  return isHead ? lead : [mark, plain(' '.repeat(indentation - lineWidth([mark])))];
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

/** A scroll position: `hidden` rows of entry `key`, and all entries after it, are below the window. */
export interface Position {
  readonly key: number;
  readonly hidden: number;
}

/** The rows for entries while the transcript is scrolled back: the last row tells how much is below. */
function windowRows(rows: number): number {
  return Math.max(1, rows - 1);
}

/**
 * The last `rows` rows of the transcript. If it is scrolled to `position`, the
 * rows above that, and one that tells how much is below.
 */
export function transcriptLines(
  entries: EntryList<Entry>,
  format: TranscriptFormat,
  rows: number,
  position: Position | undefined,
): readonly Line[] {
  const { index, hidden } = startOf(entries, position);
  const room = position === undefined ? rows : windowRows(rows);
  const lines: Line[] = [];
  /** The entry whose first row is the first of the window. */
  let top: Entry | undefined;
  for (let at = index; at >= 0 && lines.length < room; at--) {
    const ofEntry = rowsOf(entries, at, format);
    const visible = at === index ? ofEntry.slice(0, Math.max(0, ofEntry.length - hidden)) : ofEntry;
    const above = Math.max(0, visible.length - (room - lines.length));
    top = above === 0 ? entries.at(at) : undefined;
    lines.unshift(...visible.slice(above));
  }
  if (top !== undefined && lines[0] !== undefined) {
    lines[0] = withHead(lines[0], top, format);
  }
  if (position === undefined || rows < 2) {
    return lines;
  }
  if (lines.length < room) {
    // The window has grown since it was scrolled there.
    return transcriptLines(entries, format, rows, scroll(entries, format, rows, position, 0));
  }
  const newer = entries.length - 1 - index + (hidden > 0 ? 1 : 0);
  const news = newsBelow(entries, index, format.unread);
  const words = belowTexts(newer, news).find((text) => widthOf(text) <= format.columns) ?? `↓ ${newer}`;
  return [...lines, [styled('accent', truncateText(words, format.columns))]];
}

/** The ids of the chat's files whose rows are all among the `rows` rows that `transcriptLines` shows. */
export function filesInView(
  entries: EntryList<Entry>,
  format: TranscriptFormat,
  rows: number,
  position: Position | undefined,
): ReadonlySet<string> {
  const { index, hidden } = startOf(entries, position);
  const first = format.files?.first ?? 0;
  const ids = new Set<string>();
  let room = (position === undefined ? rows : windowRows(rows)) + hidden;
  for (let at = index; at >= 0; at--) {
    room -= rowsOf(entries, at, format).length;
    if (room < 0) {
      break;
    }
    const entry = entries.at(at);
    if (entry?.kind === 'file' && entry.key >= first && (at < index || hidden === 0)) {
      ids.add(entry.file.id);
    }
  }
  return ids;
}

/** The first row of an entry at the top of the window: it shows sender and time, also if its group began above. */
function withHead(row: Line, entry: Entry, format: TranscriptFormat): Line {
  const isGrouped = entry.kind === 'message' || entry.kind === 'file';
  if (!isGrouped || entry.isFirst || entry.key === format.unread) {
    return row;
  }
  const blank = leadOf(entry, format, false);
  const lead = leadOf(entry, format, true);
  return lineWidth(lead) === lineWidth(blank) ? [...lead, ...row.slice(blank.length)] : row;
}

/** Sentences about the entries below, from long to short. The number of new entries is left out last. */
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

/** More are shown as `1000+`. Nobody needs the exact number, and a frame must not count for long. */
const MAX_NEWS = 1000;

/** `3 new`. */
export function newsText(news: number): string {
  return `${news}${news === MAX_NEWS ? '+' : ''} new`;
}

/** Whether the entry is a message or an offer of the peer. */
function isFromPeer(entry: Entry): boolean {
  return entry.kind === 'message'
    ? entry.from === 'peer' && entry.isPast !== true
    : entry.kind === 'file' && entry.file.direction === 'received';
}

/** How many unread messages and offers of the peer come after `index`. */
export function newsBelow(entries: EntryList<Entry>, index: number, unread: number | undefined): number {
  let news = 0;
  const first = Math.max(index + 1, (unread ?? Infinity) - (entries.at(0)?.key ?? 0));
  for (let at = first; at < entries.length && news < MAX_NEWS; at++) {
    const entry = entries.at(at);
    news += entry !== undefined && isFromPeer(entry) ? 1 : 0;
  }
  return news;
}

/**
 * The position `delta` rows further down, or up if it is negative. Undefined if
 * that is the end: then the window follows new entries.
 */
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
  // There must be no blank rows above the first entry.
  const missing = windowRows(rows) - rowsAbove(entries, format, moved, windowRows(rows));
  const place =
    missing > 0 ? normalize(entries, format, { index: moved.index, hidden: moved.hidden - missing }) : moved;
  // If only one row would be hidden below, scrolling down goes to the end: the row that tells of it would take its
  // place.
  const below = normalize(entries, format, { ...place, hidden: place.hidden - (delta > 0 ? 1 : 0) });
  const isEnd = below.index >= last && below.hidden <= 0;
  return isEnd ? undefined : { key: entries.at(place.index)?.key ?? 0, hidden: place.hidden };
}

/** How many rows of entry `key` follow the row of its first highlighted match; 0 if there is none. */
export function rowsBehindMatch(entries: EntryList<Entry>, format: TranscriptFormat, key: number): number {
  const lines = rowsOf(entries, key - (entries.at(0)?.key ?? 0), format);
  const row = lines.findIndex((line) => line.some((piece) => 'style' in piece && piece.style === 'found'));
  return row === -1 ? 0 : lines.length - 1 - row;
}

interface Place {
  readonly index: number;
  readonly hidden: number;
}

/** Moves `index` until `hidden` rows are within that entry, or the first or last entry is reached. */
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

/** How many rows are at `place` and above it. Stops counting at `enough`. */
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
  if (entry.key !== format.unread) {
    return entryLines(entry, format);
  }
  const news = newsText(newsBelow(entries, index - 1, format.unread));
  return [ruleLine(news, format.columns, 'accent'), ...entryLines(entry, format, true)];
}

/**
 * Finds an entry by its number. Numbers have no gaps, so no search is needed. A
 * dropped entry counts as the first one.
 */
function startOf(entries: EntryList<Entry>, position: Position | undefined): Place {
  const last = entries.length - 1;
  if (position === undefined) {
    return { index: last, hidden: 0 };
  }
  const index = position.key - (entries.at(0)?.key ?? 0);
  return index < 0 ? { index: 0, hidden: 0 } : { index: Math.min(index, last), hidden: position.hidden };
}
