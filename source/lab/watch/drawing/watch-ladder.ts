/** Lays out what a watched lab tells as a ladder: a lane for each place that takes part. */
import type { Arrow, Ladder, Row } from '../../../ladder/ladder.ts';
import { internet } from '../lab-map.ts';
import type { Fate, WatchedLab, WatchedPacket, WatchedRow, WatchEvent } from '../watch-events.ts';
import type { Fold, Shown } from './fold-sprays.ts';
import { flagsText, portsText, rowText } from './words.ts';

/** With a single lane there is nothing to draw. */
const MIN_LANES = 2;

/** `items` are in the order of their times, and `lanes` the names of the places that take part. */
export function watchLadder(
  lab: WatchedLab,
  items: readonly (Shown | Fold)[],
  lanes: readonly string[],
): Ladder {
  const drawing = new Drawing(lanes, lab.at);
  for (const item of items) {
    drawing.add(item);
  }
  const details = new Map(lab.places.map(({ addresses, name }) => [name, addresses[0]]));
  return {
    lanes: lanes.map((label) => {
      const detail = details.get(label);
      return detail === undefined ? { label } : { label, detail };
    }),
    rows: drawing.rows,
  };
}

/** In the order of their times. A packet that kept a row alive is no news. */
export function shownEvents(events: readonly WatchEvent[]): Shown[] {
  const isNews = createNewsFilter();
  return events
    .filter((event) => event.event !== 'watch')
    .toSorted((a, b) => a.at - b.at)
    .filter(isNews);
}

/** Whether an event, in the order of their times, is more than a row that a packet has kept alive. */
export function createNewsFilter(): (event: WatchEvent) => boolean {
  const states = new Map<string, string | null>();
  return (event) => {
    if (event.event !== 'row') {
      return true;
    }
    const { change, id, place, state } = event;
    const key = `${place} ${id}`;
    const isKnown = states.get(key) === state;
    if (change === 'gone') {
      states.delete(key);
    } else {
      states.set(key, state);
    }
    return change !== 'changed' || !isKnown;
  };
}

/** The places that take part, in their order. */
export function lanesOf({ places }: WatchedLab, shown: readonly Shown[]): readonly string[] {
  const used = new Set(
    shown.flatMap((event) =>
      event.event === 'row'
        ? [event.place]
        : [event.from, event.to ?? '', ...event.sightings.map(({ place }) => place)],
    ),
  );
  const names = places.map(({ name }) => name);
  const lanes = names.filter((name) => used.has(name));
  return lanes.length < MIN_LANES ? names.slice(0, Math.max(MIN_LANES, names.length)) : lanes;
}

const endsOf = {
  delivered: 'arrives',
  stopped: 'stopped',
  answered: 'stopped',
  kept: 'stopped',
  lost: 'unanswered',
} as const satisfies Record<Fate['kind'], Arrow['end']>;

class Drawing {
  readonly rows: Row[] = [];
  readonly #lanes: readonly string[];
  readonly #start: number;
  readonly #reasons = new Set<string>();

  constructor(lanes: readonly string[], start: number) {
    this.#lanes = lanes;
    this.#start = start;
  }

  add(event: Shown | Fold): void {
    const at = Math.max(0, event.at - this.#start);
    if (event.event === 'fold') {
      this.rows.push({ kind: 'fold', at, label: event.label });
    } else if (event.event === 'row') {
      this.#addRow(event, at);
    } else {
      this.#addPacket(event, at);
    }
  }

  #addRow(row: WatchedRow, at: number): void {
    this.rows.push({
      kind: 'mark',
      at,
      lane: this.#lane(row.place) ?? 0,
      label: rowText(row),
      ...(row.change === 'gone' && { tone: 'bad' }),
    });
  }

  #addPacket(packet: WatchedPacket, at: number): void {
    const { fate } = packet;
    for (const arrow of this.#arrows(packet)) {
      this.rows.push({ kind: 'arrows', at, arrows: [arrow] });
    }
    if (fate.kind === 'delivered' || fate.kind === 'lost' || fate.reason === undefined) {
      return;
    }
    // Each reason is told once at each place.
    const key = `${fate.place} ${fate.reason}`;
    if (!this.#reasons.has(key)) {
      this.#reasons.add(key);
      this.rows.push({
        kind: 'mark',
        at,
        lane: this.#lane(fate.place) ?? 0,
        label: fate.reason,
        tone: 'bad',
      });
    }
  }

  /** One arrow; or two if the packet turned around at a router, as with hairpinning. */
  #arrows(packet: WatchedPacket): readonly Arrow[] {
    const { fate, from } = packet;
    const visited = [...new Set(packet.sightings.map(({ place }) => place))]
      .filter((place) => place !== from)
      .flatMap((place) => this.#lane(place) ?? []);
    const first = this.#lane(from) ?? this.#lane('rendezvous') ?? 0;
    const last = this.#endLane(packet, first, visited);
    const label = [flagsText(packet), portsText(packet)].filter(Boolean).join(' ');
    const tone = toneOf(packet);
    const end = endsOf[fate.kind];
    const look = { label, ...(tone !== undefined && { tone }) };
    const turn = isSwitched(packet) ? undefined : turnOf(visited, first, last);
    if (turn === undefined) {
      return first === last ? [] : [{ from: first, to: last, through: visited, end, ...look }];
    }
    return [
      { from: first, to: turn, through: visited, end: 'arrives', ...look },
      ...(turn === last ? [] : [{ from: turn, to: last, through: visited, end, ...look }]),
    ];
  }

  /** The lane at which the packet ended, or before which it was lost. */
  #endLane({ fate, to }: WatchedPacket, first: number, visited: readonly number[]): number {
    const target = to === null || to === internet ? undefined : this.#lane(to);
    if (fate.kind === 'stopped' || fate.kind === 'answered' || fate.kind === 'kept') {
      return this.#lane(fate.place) ?? target ?? first;
    }
    const last = visited.at(-1) ?? first;
    if (target !== undefined && (fate.kind === 'delivered' || target !== last)) {
      return target;
    }
    // Nobody knows where it was going. It went on, away from its sender.
    const step = last >= first && last < this.#lanes.length - 1 ? 1 : -1;
    return this.#lane('rendezvous') ?? Math.max(0, last + step);
  }

  #lane(place: string): number | undefined {
    const index = this.#lanes.indexOf(place);
    return index < 0 ? undefined : index;
  }
}

/** The lane farthest beyond both ends, if the packet went there and came back. */
function turnOf(visited: readonly number[], first: number, last: number): number | undefined {
  return visited
    .filter((lane) => (lane - first) * (lane - last) > 0)
    .toSorted((a, b) => Math.abs(a - first) - Math.abs(b - first))
    .at(-1);
}

/** From host to host in one inside network: the router is only their switch. */
function isSwitched({ fate, sightings }: WatchedPacket): boolean {
  return (
    fate.kind === 'delivered' && sightings.length > 1 && sightings.every(({ side }) => side === 'inside')
  );
}

function toneOf({ fate, flags }: WatchedPacket): 'good' | 'bad' | undefined {
  if (fate.kind !== 'delivered' || flags.includes('R') || flags === 'unreachable') {
    return 'bad';
  }
  return flags === 'SA' ? 'good' : undefined;
}
