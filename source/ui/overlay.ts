import { helpLines } from './help.ts';
import type { Line } from './line.ts';
import type { PaneState } from './pane-state.ts';
import { pathLines } from './path-lines.ts';
import { qrLines } from './qr-lines.ts';

/** All lines of what stands in the transcript's place; as many as it has; `rows` are in view. */
export function overlayLines(pane: PaneState, columns: number, rows: number): readonly Line[] {
  switch (pane.overlay?.kind) {
    case 'path': {
      return pathLines(pane, columns);
    }
    case 'qr': {
      return qrLines(pane.chat, columns, rows);
    }
    default: {
      return helpLines(pane.keys, columns);
    }
  }
}
