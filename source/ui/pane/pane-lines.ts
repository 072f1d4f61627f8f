import { safeName, safeText } from '../../text/safe-text.ts';
import type { PaneLayout, PanePlace } from './pane-layout.ts';
import { emptyLine, type Line, plain, spinner, spread, styled } from '../text/line.ts';
import type { PaneState } from './pane-state.ts';
import { statusLine } from './status-line.ts';
import { entryLines, transcriptLines } from '../conversation/transcript-lines.ts';
import { asSentence, connectingText } from '../text/wording.ts';

/** Everything that a pane is drawn from. */
export interface PaneView {
  readonly pane: PaneState;
  readonly place: PanePlace;
  readonly layout: PaneLayout;
  /** ms since the epoch. */
  readonly now: number;
  /** Whether it is one of two panes. */
  readonly hasPanes: boolean;
  readonly isLeaving: boolean;
  /** What the key that leaves does at the moment. */
  readonly leaveHint: string;
  readonly reducedMotion: boolean;
}

/** All lines of a pane, from top to bottom: exactly as many as it has rows. */
export function paneLines(view: PaneView): readonly Line[] {
  const { pane, layout } = view;
  const { columns } = view.place;
  const body = bodyLines(view);
  const blank = Array.from({ length: Math.max(0, layout.bodyRows - body.length) }, () => emptyLine);
  const isAtBottom = pane.chat.connection !== undefined && pane.overlay === undefined;
  return [
    ...(layout.hasFrame ? [headerLine(view)] : []),
    ...(isAtBottom ? [...blank, ...body] : [...body, ...blank]),
    ...(layout.hasFrame ? [[styled('dim', '─'.repeat(columns))]] : []),
    ...transferRows(view),
    ...layout.notice.map((text): Line => [styled('accent', text)]),
    ...layout.composer.lines,
    statusLine(pane.chat, { ...view, roundTrips: pane.roundTrips }),
  ];
}

/** The title and the peer's name. With two panes, a filled dot marks the one that has the keyboard. */
function headerLine({ pane, place, hasPanes }: PaneView): Line {
  const { isActive } = place;
  const mark = isActive ? '●' : '○';
  const title = safeText(pane.title ?? 'Punchline');
  const left = styled(isActive ? 'strong' : 'dim', hasPanes ? ` ${mark} ${title}` : ` ${title}`);
  const { connection } = pane.chat;
  const peer = connection === undefined ? '' : `with ${safeName(connection.peerName)} `;
  return spread([left], [styled('dim', peer)], place.columns);
}

function transferRows({ pane, place, layout, now, reducedMotion }: PaneView): readonly Line[] {
  const { docked, transferRows: rows } = layout;
  const { lost } = pane.chat;
  const view = { columns: place.columns, rows, now, isLost: lost !== undefined, reducedMotion };
  const lines = rows === 0 ? [] : (pane.lazyViews?.transferLines(docked, view) ?? []);
  return Array.from({ length: rows }, (_, row) => lines[row] ?? emptyLine);
}

function bodyLines(view: PaneView): readonly Line[] {
  const { pane, place, layout } = view;
  const { bodyRows, format } = layout;
  if (pane.overlay !== undefined) {
    return pane.lazyViews?.overlayView(pane, place.columns, bodyRows) ?? [];
  }
  const { entries } = pane.chat.transcript;
  if (pane.chat.connection !== undefined) {
    const { now, reducedMotion } = view;
    return transcriptLines(entries, { ...format, now, reducedMotion }, bodyRows, pane.position);
  }
  if (pane.first > 0) {
    return afterPast(view);
  }
  const phase = waysLines(view, bodyRows);
  const room = Math.max(0, bodyRows - phase.length - 1);
  const waiting = [...entries].filter(({ kind }) => kind === 'message' || kind === 'day').slice(-room);
  const lines = waiting.flatMap((entry) => entryLines(entry, format)).slice(-room);
  return room === 0 || lines.length === 0 ? phase : [...phase, emptyLine, ...lines];
}

/** The rows of the first frame. */
function firstLines(chat: PaneState['chat']): readonly Line[] {
  return [emptyLine, [plain(' '), spinner, plain(` ${safeText(asSentence(connectingText(chat)))}`)]];
}

/** The rows of a pane until its chat opens, and if it never does. */
function waysLines({ pane, place, now, reducedMotion }: PaneView, rows: number): readonly Line[] {
  const { chat, lazyViews } = pane;
  const { columns } = place;
  if (lazyViews === undefined) {
    return firstLines(chat).slice(0, rows);
  }
  const ending = chat.ended === undefined ? [] : lazyViews.endingLines(chat, columns).slice(0, rows);
  // After the end, what was tried is worth seeing only where that has failed.
  return chat.ended === undefined || chat.error?.code === 'ERR_PUNCH_FAILED'
    ? [
        ...ending,
        ...lazyViews.connectingLines(chat, { columns, rows: rows - ending.length, now, reducedMotion }),
      ]
    : ending;
}

/** A chat that was started after another one: what was said before stays above the way to it. */
function afterPast(view: PaneView): readonly Line[] {
  const { pane, layout } = view;
  const { bodyRows, format } = layout;
  const { entries } = pane.chat.transcript;
  if (pane.position !== undefined) {
    return transcriptLines(entries, format, bodyRows, pane.position);
  }
  const ways = waysLines(view, Math.ceil((bodyRows * 2) / 3));
  return [...transcriptLines(entries, format, bodyRows - ways.length, undefined), ...ways];
}
