/** The files under way whose rows in the transcript are out of view, one row each, above the composer. */
import { bytesText, shortName } from './file-wording.ts';
import { joinFitting, type Line, lineWidth, type Piece, plain, styled } from '../text/line.ts';
import { padText, widthOf } from '../text/text-layout.ts';
import { percentOf, rateOf, type Transfer } from './transfers.ts';

/** Everything besides the transfers that the rows depend on. */
export interface TransferView {
  readonly columns: number;
  readonly rows: number;
  /** ms since the epoch. */
  readonly now: number;
  /** Whether the connection is lost, so that no file makes progress. */
  readonly isLost: boolean;
  /** Whether nothing may move by itself. Then there is only a percentage, which changes in steps. */
  readonly reducedMotion: boolean;
}

/** Bounds a name, to leave room for the progress. */
const MAX_NAME_COLUMNS = 28;
/** On a narrower screen there is only room for the progress. */
const MIN_COLUMNS_FOR_WORDS = 56;
/** A shorter bar shows little. */
const MIN_BAR_COLUMNS = 8;
/** A file that makes no progress for this long is said to be stuck. */
const STALL_MS = 4000;
/** The steps of the percentage with reduced motion. */
const REDUCED_PERCENTS = 10;

/** At most `rows` lines. If there are more transfers, the last line sums up those without a row. */
export function transferLines(transfers: readonly Transfer[], view: TransferView): readonly Line[] {
  const { columns, rows } = view;
  const running = transfers.filter(({ file }) => file.state === 'progress');
  const waiting = transfers.filter(({ file }) => file.state === 'accepted');
  // Only the transfers that have a row are laid out, because there may be a thousand and this is drawn many times a
  // second.
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

/** One line for all transfers that have no row of their own. */
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

/** The columns for a name: a quarter of the row, or a third of a narrow one. The rest is for the progress. */
function nameColumnsOf(columns: number): number {
  const share = columns < MIN_COLUMNS_FOR_WORDS ? 3 : 4;
  return Math.max(4, Math.min(MAX_NAME_COLUMNS, Math.floor(columns / share)));
}

/**
 * The row of a file in progress. `name` is padded to the width of the longest
 * one, so that the bars stand below each other.
 */
function runningLine(transfer: Transfer, name: string, view: TransferView): Line {
  const { columns } = view;
  const { bytes, done = 0 } = transfer.file;
  const lead = [styled('accent', `${mark(transfer)} `), plain(`${name} `)];
  const amount = [plain(`${bytesText(done)} of ${bytesText(bytes)}`)];
  const isNarrow = columns < MIN_COLUMNS_FOR_WORDS;
  return [...lead, ...progressLine(transfer, columns - lineWidth(lead), { ...view, isNarrow, amount })];
}

/** What is shown of the progress besides the file's name. */
export interface ProgressView extends Pick<TransferView, 'now' | 'isLost' | 'reducedMotion'> {
  /** Whether the words are more important than a bar. */
  readonly isNarrow: boolean;
  /** Said last, if there is room. */
  readonly amount: readonly Piece[];
}

/** A bar and the progress in words, in at most `columns`. */
export function progressLine(transfer: Transfer, columns: number, view: ProgressView): Line {
  const { isLost, isNarrow, amount, reducedMotion } = view;
  const percent = percentOf(transfer);
  const exact = reducedMotion ? percent - (percent % REDUCED_PERCENTS) : percent;
  const parts: Piece[] = [plain(`${exact} %`)];
  if (isLost) {
    parts.unshift(styled('bad', isNarrow ? 'paused' : 'paused: no connection'));
  } else if (!reducedMotion) {
    parts.push(...paceOf(transfer, view), ...amount);
  }
  const words = joinFitting(parts, isNarrow ? columns : columns - MIN_BAR_COLUMNS - 1);
  const bar = isLost || reducedMotion ? [] : barOf(percent, columns - lineWidth(words) - 1);
  return [...bar, ...words];
}

function paceOf(transfer: Transfer, { now }: Pick<TransferView, 'now'>): Piece[] {
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

/** `8 s left`, `3 min left`, `2 h left`. Rounded up, so that a file is never late. */
function leftText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 90) {
    return `${seconds} s left`;
  }
  return seconds <= 5400 ? `${Math.ceil(seconds / 60)} min left` : `${Math.ceil(seconds / 3600)} h left`;
}

/** As wide as there is room. */
function barOf(percent: number, columns: number): Piece[] {
  if (columns < MIN_BAR_COLUMNS) {
    return [];
  }
  const full = Math.floor((columns * percent) / 100);
  const head = full > 0 && full < columns ? '╸' : '';
  return [
    styled('accent', `${'━'.repeat(full - head.length)}${head}`),
    styled('dim', '─'.repeat(columns - full)),
    plain(' '),
  ];
}
