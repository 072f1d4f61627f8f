/** An overlay covers the transcript: some of its lines, and a row that says how to scroll and to close it. */
import { keysOf, keyText } from '../settings/key-map.ts';
import { filesLines } from '../conversation/file-lines.ts';
import { helpLines } from './help-lines.ts';
import { emptyLine, joinFitting, type Line, styled } from '../text/line.ts';
import type { PaneState } from './pane-state.ts';
import { pathLines } from '../path/path-lines.ts';
import { qrLines } from './qr-lines.ts';
import { newsBelow, newsText } from '../conversation/transcript-lines.ts';

/** The part of the overlay that is in view, in exactly `rows` rows. */
export function overlayView(pane: PaneState, columns: number, rows: number): readonly Line[] {
  const lines = overlayLines(pane, columns, rows);
  if (lines.length === rows || rows < 2) {
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
  return length <= rows ? 0 : Math.max(0, Math.min(length - Math.max(1, rows - 1), top));
}

/** The keys that scroll the overlay, the number of messages that came meanwhile, and how to close it. */
function hintLine(pane: PaneState, columns: number, below: number, above: number): Line {
  function keyOf(action: 'page-down' | 'page-up'): string {
    return keysOf(pane.keys, action).slice(0, 1).map(keyText).join('');
  }
  const news = newsBelow(pane.chat.transcript.entries, -1, (pane.overlay?.seen ?? -1) + 1);
  const hints = [
    ...(below > 0 ? [`↓ ${below} below, ${keyOf('page-down')}`] : []),
    ...(below === 0 && above > 0 ? [`↑ ${above} above, ${keyOf('page-up')}`] : []),
    ...(news > 0 ? [`${newsText(news)} ${news === 1 ? 'message' : 'messages'}`] : []),
    'any other key closes',
  ];
  return joinFitting(
    hints.map((hint) => styled('accent', hint)),
    columns,
  );
}

/** All lines of the overlay. */
function overlayLines(pane: PaneState, columns: number, rows: number): readonly Line[] {
  switch (pane.overlay?.kind) {
    case 'path': {
      return pathLines(pane, columns);
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
