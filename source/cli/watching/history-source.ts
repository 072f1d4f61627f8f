import { ladderSvg } from '../../ladder/ladder-svg.ts';
import type { WatchHistory } from '../../lab/watch/drawing/history.ts';
import { textMeasure } from '../../ui/text/text-layout.ts';
import type { WatchSource } from '../../ui/watch/watch-screen.tsx';

/** What the screen shows of a history. `changed` is to be called when something new has come. */
export function historySource(
  history: WatchHistory,
  { isReplay }: { readonly isReplay: boolean },
): WatchSource & { readonly changed: () => void } {
  const listeners = new Set<() => void>();
  return {
    isReplay,
    count: (isFolded) => history.count(isFolded),
    // A recording has ended: its seconds stand still.
    view: (state) => history.view({ ...state, ...(!isReplay && { now: Date.now() }) }),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    changed: () => listeners.forEach((listener) => listener()),
  };
}

/** The whole ladder as a picture, with folded sprays. */
export function svgOf(history: WatchHistory): string {
  const { ladder, title } = history.view({ isFolded: true });
  return ladderSvg(ladder, title, textMeasure);
}
