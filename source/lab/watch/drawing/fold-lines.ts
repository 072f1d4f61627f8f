/**
 * Folds sprays while they are told: what is alike is counted, and the count is
 * told when something else comes, or after a moment. So lines of text come at once.
 */
import type { WatchEvent } from '../watch-events.ts';
import { type Fold, foldOf, keyOf } from './fold-sprays.ts';
import { createNewsFilter } from './watch-ladder.ts';

/** So many of a kind are told one by one. */
const MAX_ALIKE = 3;
/** Kinds that are told at the same time, as the SYNs and the rows of a spray. */
const MAX_KINDS = 64;
/** When nothing of the kind has come for so long, its count is told. */
const PAUSE_MS = 500;

interface Kind {
  latest: WatchEvent;
  count: number;
  last: number;
}

export class FoldedLines {
  readonly #tell: (event: WatchEvent | Fold) => void;
  readonly #isNews = createNewsFilter();
  readonly #kinds = new Map<string, Kind>();

  constructor(tell: (event: WatchEvent | Fold) => void) {
    this.#tell = tell;
  }

  add(event: WatchEvent, now: number): void {
    this.look(now);
    if (!this.#isNews(event)) {
      return;
    }
    const key = event.event === 'watch' ? undefined : keyOf(event);
    if (key === undefined) {
      this.#tell(event);
      return;
    }
    const kind = this.#kinds.get(key) ?? { latest: event, count: 0, last: now };
    kind.count += 1;
    kind.last = now;
    kind.latest = event;
    this.#kinds.set(key, kind);
    if (kind.count <= MAX_ALIKE || this.#kinds.size > MAX_KINDS) {
      this.#tell(event);
    }
  }

  /** Tells the counts of what has ended. To be called now and then, and with Infinity at the end. */
  look(now: number): void {
    for (const [key, { count, last, latest }] of this.#kinds) {
      if (now - last > PAUSE_MS) {
        this.#kinds.delete(key);
        if (count > MAX_ALIKE && latest.event !== 'watch') {
          this.#tell(foldOf(latest, count - MAX_ALIKE));
        }
      }
    }
  }
}
