/** Who gets which columns and rows of the terminal. */
import { safeText } from '../../text/safe-text.ts';
import type { ChatState } from '../conversation/chat-state.ts';
import { type ComposerLayout, layOutComposer } from '../composer/composer-layout.ts';
import { farewellText } from './farewell.ts';
import { styled } from '../text/line.ts';
import type { PaneState } from './pane-state.ts';
import { truncateText, wrapText } from '../text/text-layout.ts';
import type { TranscriptFormat } from '../conversation/transcript.ts';
import { isEncrypted } from '../text/wording.ts';

export interface PanePlace {
  readonly index: number;
  readonly x: number;
  readonly columns: number;
  readonly rows: number;
  /** Whether it has the keyboard. */
  readonly isActive: boolean;
}

/** Narrower than this, two columns of text are worse than one and F6. */
const MIN_COLUMNS_FOR_TWO = 60;
/** Lower than this, every row goes to the conversation. */
const MIN_ROWS_FOR_FRAME = 9;
/** A long draft must not hide the conversation. */
const MAX_COMPOSER_ROWS = 6;

/** Side by side with a column between them, or the active one alone. */
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

export interface PaneLayout {
  /** Whether there are a header and a rule above the composer. */
  readonly hasFrame: boolean;
  readonly bodyRows: number;
  /** How many rows the files under way take. */
  readonly transferRows: number;
  readonly notice: readonly string[];
  readonly composer: ComposerLayout;
  /** The row of the composer's first line. */
  readonly composerY: number;
  readonly format: TranscriptFormat;
}

/** From top to bottom: header, body, rule, files under way, notice, composer, status line; always `rows` in all. */
export function layOutPane(pane: PaneState, { columns, rows, isActive }: PanePlace): PaneLayout {
  const hasFrame = rows >= MIN_ROWS_FOR_FRAME;
  const maxRows = Math.max(1, Math.min(MAX_COMPOSER_ROWS, Math.floor(rows / 3)));
  const composer =
    pane.chat.ended === undefined
      ? layOutComposer(pane.composer, {
          columns,
          maxRows,
          placeholder: isActive ? 'write, or /help' : 'F6 to write here',
        })
      : layOutFarewell(pane.chat, columns);
  const frameRows = hasFrame ? 2 : 0;
  const free = Math.max(0, rows - frameRows - composer.lines.length - 1);
  const notice = noticeLines(pane, columns, Math.max(0, free - 1));
  const transferRows = transferRowsOf(pane.chat, rows, free - notice.length - 1);
  const bodyRows = free - transferRows - notice.length;
  const { connection } = pane.chat;
  return {
    hasFrame,
    bodyRows,
    transferRows,
    notice,
    composer,
    composerY: frameRows + bodyRows + transferRows + notice.length,
    format: {
      columns,
      peerName: connection?.peerName ?? 'peer',
      hasAcks: connection === undefined || isEncrypted(connection),
      unread: pane.unread,
      found: pane.found,
      downloads: pane.downloads,
      later: pane.later,
    },
  };
}

/** One for each that moves and one for those that wait; of a low screen only a fifth. */
function transferRowsOf({ files, ended }: ChatState, rows: number, free: number): number {
  const states = files.transfers.map(({ file }) => file.state);
  const wanted =
    states.filter((state) => state === 'progress').length + (states.includes('accepted') ? 1 : 0);
  return ended === undefined ? Math.max(0, Math.min(wanted, Math.max(1, Math.floor(rows / 5)), free)) : 0;
}

/** A chat that has ended takes no text: how it ended stands in the composer's place. */
function layOutFarewell(chat: ChatState, columns: number): ComposerLayout {
  const rows = wrapText(farewellText(chat), columns);
  return { lines: rows.map((row) => [styled('strong', row)]), cursor: undefined };
}

/** What has no room is seen to be cut off. */
function noticeLines({ notice }: PaneState, columns: number, rows: number): string[] {
  const lines = notice === undefined ? [] : wrapText(safeText(notice), columns);
  const last = lines[rows - 1];
  return last === undefined || lines.length <= rows
    ? lines.slice(0, rows)
    : [...lines.slice(0, rows - 1), truncateText(`${last} ${lines[rows] ?? ''}`, columns)];
}
