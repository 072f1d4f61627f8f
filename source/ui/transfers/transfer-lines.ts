/** The files under way, one row each, above the composer. */
import { bytesText, shortName } from './file-wording.ts';
import { joinFitting, type Line, lineWidth, type Piece, plain, styled } from '../text/line.ts';
import { padText, widthOf } from '../text/text-layout.ts';
import { percentOf, rateOf, type Transfer } from './transfers.ts';

export interface TransferView {
  readonly columns: number;
  readonly rows: number;
  /** ms since the epoch. */
  readonly now: number;
  /** There is no connection: nothing moves. */
  readonly isLost: boolean;
  /** Nothing is to move by itself: a percentage that changes now and then, and no more. */
  readonly reducedMotion: boolean;
}

/** Longer names leave too little for how far it is. */
const MAX_NAME_COLUMNS = 28;
/** Below this, every column is needed for how far it is. */
const MIN_COLUMNS_FOR_WORDS = 56;
/** Nothing for so long is worth a word. */
const STALL_MS = 4000;
/** How often reduced motion moves. */
const REDUCED_PERCENTS = 10;

/** At most `rows` lines; where there are more transfers, the last tells of those without a row. */
export function transferLines(transfers: readonly Transfer[], view: TransferView): readonly Line[] {
  const { columns, rows } = view;
  const running = transfers.filter(({ file }) => file.state === 'progress');
  const waiting = transfers.filter(({ file }) => file.state === 'accepted');
  // Of a thousand, those without a row cost nothing: this is drawn many times a second.
  const shown = running.slice(0, rows);
  const names = shown.map(({ file }) => shortName(file.name, nameColumnsOf(columns)));
  const width = Math.max(...names.map((name) => widthOf(name)));
  const lines = shown.map((transfer, index) =>
    runningLine(transfer, padText(names[index] ?? '', width), view),
  );
  if (waiting.length > 0) {
    const head = styled('dim', `  ${waiting.length} waiting: `);
    const room = columns - lineWidth([head]);
    const waitingNames = waiting
      .slice(0, columns)
      .map(({ file }) => plain(shortName(file.name, Math.min(MAX_NAME_COLUMNS, room))));
    lines.push([head, ...joinFitting(waitingNames, room)]);
  }
  return running.length + Math.min(waiting.length, 1) <= rows
    ? lines
    : [...lines.slice(0, rows - 1), moreLine([...running, ...waiting].slice(rows - 1), columns)];
}

/** Those that have no row of their own. */
function moreLine(transfers: readonly Transfer[], columns: number): Line {
  const parts = transfers.map((transfer) => {
    const { file } = transfer;
    return plain(`${mark(transfer)} ${file.state === 'progress' ? `${percentOf(transfer)} %` : file.id}`);
  });
  const count = styled('dim', `${parts.length} more, /files`);
  return joinFitting(columns < MIN_COLUMNS_FOR_WORDS ? parts : [count, ...parts], columns);
}

function mark({ file }: Transfer): string {
  return file.direction === 'sent' ? '↑' : '↓';
}

/** How far it is comes first: a long name gets a quarter of the row, of a narrow one a third. */
function nameColumnsOf(columns: number): number {
  const share = columns < MIN_COLUMNS_FOR_WORDS ? 3 : 4;
  return Math.max(4, Math.min(MAX_NAME_COLUMNS, Math.floor(columns / share)));
}

/** `name` fits, and is as wide as those of the other rows: the bars stand below each other. */
function runningLine(transfer: Transfer, name: string, view: TransferView): Line {
  const { columns, isLost, reducedMotion } = view;
  const { bytes, done = 0 } = transfer.file;
  const percent = percentOf(transfer);
  const exact = reducedMotion ? percent - (percent % REDUCED_PERCENTS) : percent;
  const lead = [styled('accent', `${mark(transfer)} `), plain(`${name} `)];
  const parts: Piece[] = [plain(`${exact} %`)];
  if (isLost) {
    parts.unshift(styled('bad', columns < MIN_COLUMNS_FOR_WORDS ? 'paused' : 'paused: no connection'));
  } else if (!reducedMotion) {
    parts.push(...paceOf(transfer, view), plain(`${bytesText(done)} of ${bytesText(bytes)}`));
  }
  const bar = isLost || reducedMotion ? [] : barOf(percent, barColumns(columns));
  return [...lead, ...bar, ...joinFitting(parts, columns - lineWidth(lead) - lineWidth(bar))];
}

function paceOf(transfer: Transfer, { now }: TransferView): Piece[] {
  const last = transfer.samples.at(-1);
  if (last !== undefined && now - last.at >= STALL_MS) {
    return [styled('bad', `nothing for ${Math.round((now - last.at) / 1000)} s`)];
  }
  const rate = rateOf(transfer);
  if (rate === undefined || rate <= 0) {
    return [];
  }
  const { bytes, done = 0 } = transfer.file;
  return [plain(leftText((1000 * (bytes - done)) / rate)), plain(`${bytesText(Math.round(rate))}/s`)];
}

/** `8 s left`, `3 min left`, `2 h left`: rounded up, so that it never ends before it said. */
function leftText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 90) {
    return `${seconds} s left`;
  }
  return seconds <= 5400 ? `${Math.ceil(seconds / 60)} min left` : `${Math.ceil(seconds / 3600)} h left`;
}

function barColumns(columns: number): number {
  return columns < MIN_COLUMNS_FOR_WORDS ? 0 : Math.min(24, Math.floor(columns / 8));
}

function barOf(percent: number, columns: number): Piece[] {
  const full = Math.floor((columns * percent) / 100);
  return columns === 0
    ? []
    : [styled('accent', '━'.repeat(full)), styled('dim', '─'.repeat(columns - full)), plain(' ')];
}
