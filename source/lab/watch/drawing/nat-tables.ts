/** The NAT tables of a watched lab at one moment. */
import type { WatchedRow, WatchEvent } from '../watch-events.ts';

export interface TableRow extends Pick<WatchedRow, 'inside' | 'outside' | 'remote' | 'state'> {
  /** Until the router forgets it, by now. */
  readonly secondsLeft: number;
}

export interface NatTableNow {
  readonly place: string;
  /** The one that has changed last first. */
  readonly rows: readonly TableRow[];
}

/** Of each router that has rows, or has had some. */
export function natTables(events: readonly WatchEvent[], now: number): readonly NatTableNow[] {
  const tables = new Map<string, Map<string, WatchedRow>>();
  for (const event of events) {
    if (event.event === 'row') {
      const table = tables.get(event.place) ?? new Map<string, WatchedRow>();
      tables.set(event.place, table);
      if (event.change === 'gone') {
        table.delete(event.id);
      } else {
        table.set(event.id, event);
      }
    }
  }
  return [...tables].map(([place, table]) => ({
    place,
    rows: [...table.values()]
      .toSorted((a, b) => b.at - a.at)
      .map(({ at, inside, outside, remote, secondsLeft, state }) => ({
        inside,
        outside,
        remote,
        state,
        secondsLeft: Math.max(0, (secondsLeft ?? 0) - Math.max(0, now - at) / 1000),
      })),
  }));
}
