/** Divides the terminal's columns and rows among the panes, and a pane's rows among its parts. */
import { safeName, safeText } from '../../text/safe-text.ts';
import { type ComposerLayout, type ComposerRoom, layOutComposer } from '../composer/composer-layout.ts';
import type { Action } from '../settings/actions.ts';
import { keysOf, keyText } from '../settings/key-map.ts';
import type { PaneState } from './pane-state.ts';
import { truncateText, wrapText } from '../text/text-layout.ts';
import { filesInView, type TranscriptFormat } from '../conversation/transcript-lines.ts';
import { isUnderWay, type Transfer } from '../transfers/transfers.ts';
import { isEncrypted } from '../text/wording.ts';

/** The columns and rows of a pane on the screen. */
export interface PanePlace {
  /** The number of the pane among all panes. */
  readonly index: number;
  /** Its first column on the screen, from 0. */
  readonly x: number;
  readonly columns: number;
  readonly rows: number;
  /** Whether this pane has the keyboard. */
  readonly isActive: boolean;
}

/** On a narrower screen only one of two panes is shown, and F6 changes to the other. */
const MIN_COLUMNS_FOR_TWO = 60;
/** A lower screen has no header and no rule: the conversation needs the rows. */
const MIN_ROWS_FOR_FRAME = 9;
/** Bounds the composer, because a long draft must not hide the conversation. */
const MAX_COMPOSER_ROWS = 6;

/** Two panes side by side with a column between them, or only the active one. */
export function placePanes(columns: number, rows: number, count: number, active: number): PanePlace[] {
  if (count === 2 && columns >= MIN_COLUMNS_FOR_TWO) {
    const left = Math.floor((columns - 1) / 2);
    return [
      { index: 0, x: 0, columns: left, rows, isActive: active === 0 },
      { index: 1, x: left + 1, columns: columns - left - 1, rows, isActive: active === 1 },
    ];
  }
  return [{ index: active, x: 0, columns, rows, isActive: true }];
}

/** The rows of each part of a pane. */
export interface PaneLayout {
  /** Whether there is a header, and a rule above the composer. */
  readonly hasFrame: boolean;
  /** The rows for the transcript, or for what covers it. */
  readonly bodyRows: number;
  /** The files under way whose rows in the transcript are out of view, and the rows for them. */
  readonly docked: readonly Transfer[];
  readonly transferRows: number;
  /** The rows of the notice. */
  readonly notice: readonly string[];
  readonly composer: ComposerLayout;
  /** The row of the composer's first line. */
  readonly composerY: number;
  readonly format: TranscriptFormat;
}

/**
 * The parts of a pane from top to bottom: header, body, rule, files under way,
 * notice, composer, status line. Together they have exactly `rows` rows.
 */
export function layOutPane(pane: PaneState, { columns, rows, isActive }: PanePlace): PaneLayout {
  const hasFrame = rows >= MIN_ROWS_FOR_FRAME;
  const maxRows = Math.max(1, Math.min(MAX_COMPOSER_ROWS, Math.floor(rows / 3)));
  const composer = layOutComposer(pane.composer, { columns, maxRows, ...hintsOf(pane, isActive) });
  const frameRows = hasFrame ? 2 : 0;
  const free = Math.max(0, rows - frameRows - composer.lines.length - 1);
  const notice = noticeLines(pane, columns, Math.max(0, free - 1));
  const { connection, files, lost, nameColumns } = pane.chat;
  const format = {
    columns,
    nameColumns,
    hasAcks: connection === undefined || isEncrypted(connection),
    unread: pane.unread,
    found: pane.found,
    downloads: pane.downloads,
    files: { transfers: files.transfers, first: pane.first, isLost: lost !== undefined },
    lazyViews: pane.lazyViews,
  };
  const { docked, transferRows } = dock(pane, format, rows, free - notice.length);
  const bodyRows = free - transferRows - notice.length;
  return {
    hasFrame,
    bodyRows,
    docked,
    transferRows,
    notice,
    composer,
    composerY: frameRows + bodyRows + transferRows + notice.length,
    format,
  };
}

/** What an empty draft shows: whom a message goes to, and the keys to begin with. */
function hintsOf(pane: PaneState, isActive: boolean): Pick<ComposerRoom, 'placeholder' | 'hint'> {
  const { chat, keys } = pane;
  function keyOf(action: Action, what: string): readonly string[] {
    return keysOf(keys, action)
      .slice(0, 1)
      .map((key) => `${keyText(key)} ${what}`);
  }
  if (!isActive) {
    return { placeholder: keyOf('next-pane', 'to write here').join(''), hint: '' };
  }
  if (chat.ended !== undefined) {
    return { placeholder: pane.lazyViews?.enterHint(pane) ?? '', hint: '' };
  }
  const name = chat.connection?.peerName ?? chat.friend;
  const whom = name === undefined ? 'your friend' : safeName(name);
  const hint = [...keyOf('send', 'sends'), ...keyOf('help', 'keys')].join(' · ');
  return { placeholder: `Message ${whom}`, hint: `${hint} ` };
}

/** A file under way has one row: in the transcript, or above the composer while that one is out of view. */
function dock(
  { chat, overlay, position }: PaneState,
  format: TranscriptFormat,
  rows: number,
  free: number,
): Pick<PaneLayout, 'docked' | 'transferRows'> {
  const underWay = chat.ended === undefined ? chat.files.transfers.filter(isUnderWay) : [];
  let transferRows = 0;
  for (;;) {
    const isCovered = underWay.length === 0 || overlay !== undefined;
    const { entries } = chat.transcript;
    const inView = isCovered ? none : filesInView(entries, format, free - transferRows, position);
    const docked = underWay.filter(({ file }) => !inView.has(file.id));
    const wanted = transferRowsOf(docked, rows, free - 1);
    if (wanted <= transferRows) {
      return { docked, transferRows };
    }
    // These rows may push others out of view.
    transferRows = wanted;
  }
}

const none: ReadonlySet<string> = new Set();

/** One row for each file in progress, and one for all that wait. At most a fifth of the screen. */
function transferRowsOf(transfers: readonly Transfer[], rows: number, free: number): number {
  const states = transfers.map(({ file }) => file.state);
  const wanted =
    states.filter((state) => state === 'progress').length + (states.includes('accepted') ? 1 : 0);
  return Math.max(0, Math.min(wanted, Math.max(1, Math.floor(rows / 5)), free));
}

/** The notice in at most `rows` rows. If there is more, the last row ends with an ellipsis. */
function noticeLines({ notice }: PaneState, columns: number, rows: number): string[] {
  const lines = notice === undefined ? [] : wrapText(safeText(notice), columns);
  const last = lines[rows - 1];
  return last === undefined || lines.length <= rows
    ? lines.slice(0, rows)
    : [...lines.slice(0, rows - 1), truncateText(`${last} ${lines[rows] ?? ''}`, columns)];
}
