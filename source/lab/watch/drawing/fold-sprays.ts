/**
 * Folds what repeats itself: of a spray, a ladder shows the first dial, and how
 * many more there were. Packets fold that do the same between the same places,
 * and rows that change alike.
 */
import type { Fate, WatchedPacket, WatchedRow } from '../watch-events.ts';
import { fateText, flagsText } from './words.ts';

export type Shown = WatchedPacket | WatchedRow;

export interface Fold {
  readonly event: 'fold';
  readonly at: number;
  readonly label: string;
}

/** A spray dials without a pause. A retransmission comes a second later. */
const MAX_PAUSE_MS = 500;
/** Less is easily read. */
const MIN_FOLDED = 5;

interface Run {
  readonly first: number;
  readonly members: number[];
  last: number;
}

/** `events` are in the order of their times. */
export function foldSprays(events: readonly Shown[]): (Shown | Fold)[] {
  const runs: Run[] = [];
  const open = new Map<string, Run>();
  for (const [index, event] of events.entries()) {
    const key = keyOf(event);
    const run = key === undefined ? undefined : open.get(key);
    if (run !== undefined && event.at - run.last <= MAX_PAUSE_MS) {
      run.members.push(index);
      run.last = event.at;
    } else if (key !== undefined) {
      const begun = { first: index, members: [], last: event.at };
      open.set(key, begun);
      runs.push(begun);
    }
  }
  const folded = runs.filter(({ members }) => members.length >= MIN_FOLDED);
  const hidden = new Set(folded.flatMap(({ members }) => members));
  const counts = new Map(folded.map(({ first, members }) => [first, members.length]));
  return events.flatMap((event, index) => {
    const count = counts.get(index);
    if (hidden.has(index)) {
      return [];
    }
    return count === undefined ? [event] : [event, foldOf(event, count)];
  });
}

/** Undefined for what is always shown. */
export function keyOf(event: Shown): string | undefined {
  if (event.event === 'row') {
    const kind = event.state === null ? 'mapping' : event.state;
    return [event.place, event.change, kind, event.inside.split(':').length].join(' ');
  }
  const { fate, flags, from, length, to } = event;
  return length > 0 || flags === 'A' ? undefined : [from, to, flags, fate.kind, placeOf(fate)].join(' ');
}

function placeOf(fate: Fate): string {
  return fate.kind === 'delivered' ? '' : fate.place;
}

/** The row that stands for more of the same. */
export function foldOf(event: Shown, count: number): Fold {
  return { event: 'fold', at: event.at, label: label(event, count) };
}

function label(event: Shown, count: number): string {
  const number = count.toLocaleString('en');
  if (event.event === 'row') {
    const what = event.state === null ? 'mappings' : `connections ${event.state}`;
    return `${number} more ${what} at ${event.place}${event.change === 'gone' ? ', gone' : ''}`;
  }
  const { fate, from } = event;
  return `${number} more ${flagsText(event)}s from ${from}, ${fateText(fate)}`;
}
