/** Moves the window over what a pane shows. */
import { keysOf, keyText } from '../settings/key-map.ts';
import { layOutPane, type PanePlace } from './layout.ts';
import { rowsBehindMatch, scroll } from '../conversation/transcript.ts';
import type { PaneState } from './pane-state.ts';

/** Further down by `delta` rows (up, where negative): the overlay, where there is one, else the transcript. */
export function scrollPane(pane: PaneState, place: PanePlace, delta: number): PaneState {
  const { bodyRows, format } = layOutPane(pane, place);
  const { later, overlay } = pane;
  if (overlay !== undefined) {
    // What is in view may have moved since the last key, with the size of the screen.
    const seen = later?.overlayTop(pane, place.columns, bodyRows, overlay.top) ?? 0;
    const top = later?.overlayTop(pane, place.columns, bodyRows, seen + delta) ?? 0;
    return { ...pane, overlay: { ...overlay, top } };
  }
  const { entries } = pane.chat.transcript;
  return { ...pane, position: scroll(entries, format, bodyRows, pane.position, delta) };
}

/** Shows the next message with `query`, with some of what follows it, and says which of how many it is. */
export function findInPane(
  pane: PaneState,
  place: PanePlace,
  query: string,
  direction: 'older' | 'newer' = 'older',
): PaneState {
  const { entries } = pane.chat.transcript;
  const from = pane.found?.query === query ? pane.found.key : undefined;
  const found = pane.later?.findMessage(entries, query, from, direction);
  if (found === undefined) {
    return { ...pane, found, notice: `Nobody has said "${query}" here.` };
  }
  const older = keysOf(pane.keys, 'find-older').slice(0, 1).map(keyText);
  const newer = keysOf(pane.keys, 'find-newer').slice(0, 1).map(keyText);
  const keys = [...older.map((key) => `${key} older`), ...newer.map((key) => `${key} newer`)];
  const notice = [`Match ${found.place} of ${found.count}`, ...keys].join(' · ');
  const next = { ...pane, found, overlay: undefined, notice };
  // The notice takes rows from the transcript, so what is found is placed after it.
  const { bodyRows, format } = layOutPane(next, place);
  const hidden = rowsBehindMatch(entries, format, found.key);
  const below = Math.floor(bodyRows / 3);
  return { ...next, position: scroll(entries, format, bodyRows, { key: found.key, hidden }, below) };
}

/** By a page less one row, so that the eye finds its place. */
export function scrollPage(pane: PaneState, place: PanePlace, direction: -1 | 1): PaneState {
  const { bodyRows } = layOutPane(pane, place);
  return scrollPane(pane, place, direction * Math.max(1, bodyRows - 2));
}
