import { helpLines } from './help.ts';
import type { Line } from './line.ts';
import type { PaneState } from './pane-state.ts';
import { pathLines } from './path-lines.ts';

/** All lines of what stands in the transcript's place; as many as it has. */
export function overlayLines(pane: PaneState, columns: number): readonly Line[] {
  return pane.overlay?.kind === 'path' ? pathLines(pane, columns) : helpLines(pane.keys, columns);
}
