/** Scrolls a pane, and finds messages in it. */
import { keysOf, keyText } from '../settings/key-map.ts';
import { layOutPane, type PanePlace } from './pane-layout.ts';
import { rowsBehindMatch, scroll } from '../conversation/transcript-lines.ts';
import type { PaneState } from './pane-state.ts';

/**
 * Scrolls down by `delta` rows, or up if it is negative. Scrolls the overlay if
 * there is one, otherwise the transcript.
 */
export function scrollPane(pane: PaneState, place: PanePlace, delta: number): PaneState {
  const { bodyRows, format } = layOutPane(pane, place);
  const { lazyViews, overlay } = pane;
  if (overlay !== undefined) {
    // The size of the screen may have changed since the last key, and with it the first line in view.
    const seen = lazyViews?.overlayTop(pane, place.columns, bodyRows, overlay.top) ?? 0;
    const top = lazyViews?.overlayTop(pane, place.columns, bodyRows, seen + delta) ?? 0;
    return { ...pane, overlay: { ...overlay, top } };
  }
  const { entries } = pane.chat.transcript;
  // While a next chat begins, the way to it leaves only some rows to what was said before.
  const isBeginning = pane.first > 0 && pane.chat.connection === undefined;
  const rows = isBeginning ? Math.max(1, Math.floor(bodyRows / 3)) : bodyRows;
  return { ...pane, position: scroll(entries, format, rows, pane.position, delta) };
}

/** Shows the next message that contains `query`, with some rows after it, and tells its number among all matches. */
export function findInPane(
  pane: PaneState,
  place: PanePlace,
  query: string,
  direction: 'older' | 'newer' = 'older',
): PaneState {
  const { entries } = pane.chat.transcript;
  const from = pane.found?.query === query ? pane.found.key : undefined;
  const found = pane.lazyViews?.findMessage(entries, query, from, direction);
  if (found === undefined) {
    return { ...pane, found, notice: `No message contains "${query}".` };
  }
  const older = keysOf(pane.keys, 'find-older').slice(0, 1).map(keyText);
  const newer = keysOf(pane.keys, 'find-newer').slice(0, 1).map(keyText);
  const keys = [...older.map((key) => `${key} older`), ...newer.map((key) => `${key} newer`)];
  const notice = [`Match ${found.place} of ${found.count}`, ...keys].join(' · ');
  const next = { ...pane, found, overlay: undefined, notice };
  // The notice takes rows from the transcript, so the match is placed after the notice is set.
  const { bodyRows, format } = layOutPane(next, place);
  const hidden = rowsBehindMatch(entries, format, found.key);
  const below = Math.floor(bodyRows / 3);
  return { ...next, position: scroll(entries, format, bodyRows, { key: found.key, hidden }, below) };
}

/** Scrolls by a page. One row stays in view, so that the reader finds the place again. */
export function scrollPage(pane: PaneState, place: PanePlace, direction: -1 | 1): PaneState {
  const { bodyRows } = layOutPane(pane, place);
  return scrollPane(pane, place, direction * Math.max(1, bodyRows - 2));
}
