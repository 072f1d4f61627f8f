/**
 * What a watch has told so far, and what a screen shows of it: the ladder up to
 * some step, the same as lines, and the NAT tables at that moment.
 */
import type { Ladder } from '../../../ladder/ladder.ts';
import type { WatchedLab, WatchedPacket, WatchEvent } from '../watch-events.ts';
import { type Fold, foldSprays, type Shown } from './fold-sprays.ts';
import { natTables } from './nat-tables.ts';
import { lanesOf, shownEvents, watchLadder } from './watch-ladder.ts';
import { watchLine } from './watch-lines.ts';
import { portOf, secondsText } from './words.ts';

/** Bounds memory. The oldest are dropped; a recording has them all. */
const MAX_EVENTS = 20_000;
/** Bounds the work of a drawing. Nobody scrolls back further. */
const MAX_DRAWN = 2000;

export interface HistoryView {
  /** `class: 12 packets, 9 delivered, 3 stopped`. */
  readonly title: string;
  readonly ladder: Ladder;
  /** The same as lines, for a screen that is too narrow for a ladder. */
  readonly lines: readonly string[];
  readonly tables: readonly { readonly title: string; readonly rows: readonly string[] }[];
}

export interface ViewOptions {
  readonly isFolded: boolean;
  /** How many steps are shown. Undefined for all. */
  readonly step?: number | undefined;
  /** Milliseconds since the epoch: the seconds of the tables count down from their last change until then. */
  readonly now?: number;
}

export class WatchHistory {
  #lab: WatchedLab;
  #events: WatchEvent[] = [];
  #dropped = 0;
  /** The steps, until something new comes. */
  #steps = new Map<boolean, readonly (Shown | Fold)[]>();
  #lanes: readonly string[] = [];

  /** The first event tells more of the lab. */
  constructor(name = '') {
    this.#lab = { v: 1, event: 'watch', at: 0, lab: name, places: [] };
  }

  /** When the watch began. */
  get start(): number {
    return this.#lab.at;
  }

  add(event: WatchEvent): void {
    if (event.event === 'watch') {
      this.#lab = event;
      return;
    }
    this.#events.push(event);
    if (this.#events.length > MAX_EVENTS + MAX_DRAWN) {
      this.#dropped += this.#events.length - MAX_EVENTS;
      this.#events = this.#events.slice(-MAX_EVENTS);
    }
    this.#steps = new Map();
  }

  /** How many steps there are by now. */
  count(isFolded: boolean): number {
    return this.#items(isFolded).length;
  }

  view({ isFolded, now, step }: ViewOptions): HistoryView {
    const all = this.#items(isFolded);
    const items = all.slice(0, step);
    const drawn = items.slice(-MAX_DRAWN);
    const isAll = items.length === all.length;
    const end = isAll ? (now ?? this.#events.at(-1)?.at ?? this.#lab.at) : (items.at(-1)?.at ?? this.#lab.at);
    const past = isAll ? this.#events : this.#events.filter(({ at }) => at <= end);
    return {
      title: titleOf(this.#lab, past, this.#dropped),
      ladder: watchLadder(this.#lab, drawn, this.#lanes),
      lines: drawn.map((item) => watchLine(item, this.#lab.at)),
      tables: natTables(past, end).map(({ place, rows }) => ({
        title: place,
        rows: rows.map(
          ({ inside, outside, remote, secondsLeft, state }) =>
            `${portOf(inside)}›${outside}›${remote ?? 'anybody'}  ${state ?? 'mapping'}  ${secondsText(secondsLeft)}`,
        ),
      })),
    };
  }

  /** Everything as lines of text, in the order of its times. */
  allLines(): readonly string[] {
    return [this.#lab, ...shownEvents(this.#events)].map((event) => watchLine(event, this.start));
  }

  #items(isFolded: boolean): readonly (Shown | Fold)[] {
    const known = this.#steps.get(isFolded);
    if (known !== undefined) {
      return known;
    }
    const shown = shownEvents(this.#events);
    const items = isFolded ? foldSprays(shown) : shown;
    this.#lanes = lanesOf(this.#lab, shown);
    this.#steps.set(isFolded, items);
    return items;
  }
}

function titleOf({ lab }: WatchedLab, events: readonly WatchEvent[], dropped: number): string {
  const packets = events.filter((event): event is WatchedPacket => event.event === 'packet');
  const kinds = Map.groupBy(packets, ({ fate }) => fate.kind);
  const fates = [...kinds].map(([kind, some]) => `${some.length.toLocaleString('en')} ${kind}`);
  const count = `${packets.length.toLocaleString('en')} packet${packets.length === 1 ? '' : 's'}`;
  const more = dropped === 0 ? [] : ['the oldest are no longer shown'];
  return `${lab}: ${[count, ...fates, ...more].join(', ')}`;
}
