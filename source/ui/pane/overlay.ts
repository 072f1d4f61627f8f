/**
 * An overlay covers the transcript: some of its lines, and a row that says how
 * to scroll and to close it. While it is open, it has the keys that move the
 * cursor at other times.
 */
import { MIN_LADDER_COLUMNS } from '../../ladder/ladder-lines.ts';
import { quote } from '../../text/safe-text.ts';
import type { Action } from '../settings/actions.ts';
import { keysOf, keyText } from '../settings/key-map.ts';
import type { Stroke } from '../terminal/stroke.ts';
import { filesLines } from '../conversation/file-lines.ts';
import { helpLines } from './help-lines.ts';
import { emptyLine, joinFitting, type Line, lineWidth, styled } from '../text/line.ts';
import type { PaneState } from './pane-state.ts';
import { pathLadderLines, pathLogLines } from '../path/path-lines.ts';
import { qrLines } from './qr-lines.ts';
import { newsBelow, newsText } from '../conversation/transcript-lines.ts';

/** The part of the overlay that is in view, in exactly `rows` rows. */
export function overlayView(pane: PaneState, columns: number, rows: number): readonly Line[] {
  const lines = overlayLines(pane, columns, rows);
  // A QR code may need every row. One row has no room for both a line and the keys.
  if (rows < 2 || (lines.length === rows && pane.overlay?.kind === 'qr')) {
    return lines.slice(0, rows);
  }
  const room = rows - 1;
  const top = overlayTop(pane, columns, rows, pane.overlay?.top ?? 0);
  const shown = lines.slice(top, top + room);
  const blank = Array.from({ length: room - shown.length }, () => emptyLine);
  return [...shown, ...blank, hintLine(pane, columns, lines.length - top - shown.length, top)];
}

/**
 * The possible first line that is nearest to `top`. There are no blank rows at
 * the end while lines are hidden above.
 */
export function overlayTop(pane: PaneState, columns: number, rows: number, top: number): number {
  const { length } = overlayLines(pane, columns, rows);
  return Math.max(0, Math.min(length - Math.max(1, rows - 1), top));
}

/** The first key of each action, as it is shown. */
function keysFor(pane: PaneState, ...actions: readonly Action[]): string[] {
  return actions.flatMap((action) => keysOf(pane.keys, action).slice(0, 1).map(keyText));
}

/**
 * The keys that scroll the overlay, how much of it is out of sight, the number
 * of messages that came meanwhile, and the key that closes it. If there is no
 * room for all, the earlier ones are left out.
 */
function hintLine(pane: PaneState, columns: number, below: number, above: number): Line {
  const news = newsBelow(pane.chat.transcript.entries, -1, (pane.overlay?.seen ?? -1) + 1);
  const scrolls = keysFor(pane, 'up', 'down', 'page-up', 'page-down').join(' ');
  const isWide = columns >= MIN_COLUMNS_FOR_WORDS;
  const hints = [
    ...(below + above > 0 ? [`${scrolls.replace(/^Up Down\b/, '↑↓')} scroll`] : []),
    ...(news > 0 ? [`${newsText(news)} ${news === 1 ? 'message' : 'messages'}`] : []),
    ...(below > 0 ? [`↓ ${below}${isWide ? ' below' : ''}`] : []),
    ...(below === 0 && above > 0 ? [`↑ ${above}${isWide ? ' above' : ''}`] : []),
    ...switchHint(pane, columns),
    `${closingKey(pane)} closes`,
  ].map((hint) => styled('accent', hint));
  const start = hints.findIndex(
    (_, index) => lineWidth(joinFitting(hints.slice(index), Infinity)) <= columns,
  );
  return joinFitting(hints.slice(start), columns);
}

/** On a narrower screen, numbers stand alone in the last row. */
const MIN_COLUMNS_FOR_WORDS = 60;

function closingKey(pane: PaneState): string {
  return keysFor(pane, 'to-end', 'cancel')[0] ?? 'F1';
}

/** No overlay is so long. */
const ALL_ROWS = 1_000_000;

/**
 * The effect of a key that is pressed, or of a text that is typed, while an
 * overlay is open: the pane after it, or the rows to scroll down. Undefined if
 * the key has its usual effect.
 */
export function stepOverlay(
  pane: PaneState,
  stroke: Stroke,
  action: Action | undefined,
): PaneState | number | undefined {
  switch (action) {
    case 'up':
    case 'down': {
      return action === 'up' ? -1 : 1;
    }
    case 'line-start':
    case 'draft-start':
    case 'line-end':
    case 'draft-end': {
      return action.endsWith('start') ? -ALL_ROWS : ALL_ROWS;
    }
    case 'cancel':
    case 'to-end': {
      return { ...pane, overlay: undefined };
    }
    case 'help': {
      return pane.overlay?.kind === 'help' ? { ...pane, overlay: undefined } : undefined;
    }
    case 'page-up':
    case 'page-down':
    case 'find-older':
    case 'find-newer':
    case 'next-pane':
    case 'bare-view':
    case 'redraw':
    case 'suspend':
    case 'interrupt': {
      return undefined;
    }
    case 'complete':
    case 'delete-or-leave': {
      return pane.composer.text === '' ? undefined : withoutMeaning(pane, stroke);
    }
    default: {
      return switched(pane, stroke) ?? withoutMeaning(pane, stroke);
    }
  }
}

/** `l` switches `/path` between its ladder and its log. */
function switched(pane: PaneState, stroke: Stroke): PaneState | undefined {
  const { overlay } = pane;
  if (!overlay?.kind.startsWith('path') || !('text' in stroke) || stroke.text.toLowerCase() !== 'l') {
    return undefined;
  }
  const kind = overlay.kind === 'path' ? 'path-log' : 'path';
  return { ...pane, notice: undefined, overlay: { ...overlay, kind, top: 0 } };
}

/** Says that a key or a text has no meaning here. The draft must not change where nobody looks at it. */
function withoutMeaning(pane: PaneState, stroke: Stroke): PaneState {
  const what = 'key' in stroke ? keyText(stroke.key) : 'text' in stroke ? quote(stroke.text) : 'A paste';
  return { ...pane, notice: `${what} does nothing here. ${closingKey(pane)} closes this view.` };
}

/** A narrow screen has only the log. */
function switchHint({ overlay }: PaneState, columns: number): string[] {
  if (columns < MIN_LADDER_COLUMNS || !overlay?.kind.startsWith('path')) {
    return [];
  }
  return [overlay.kind === 'path' ? 'l log' : 'l ladder'];
}

/** All lines of the overlay. */
function overlayLines(pane: PaneState, columns: number, rows: number): readonly Line[] {
  switch (pane.overlay?.kind) {
    case 'path': {
      return pathLadderLines(pane, columns);
    }
    case 'path-log': {
      return pathLogLines(pane, columns);
    }
    case 'files': {
      return filesLines(pane.chat, columns);
    }
    case 'qr': {
      return qrLines(pane.chat, columns, rows);
    }
    default: {
      return helpLines(pane.keys, columns);
    }
  }
}
