/** Makes evidence by hand: the packets and rows of a lab that nobody has built. */
import type { Fate, WatchedPacket, WatchedRow, WatchEvent } from '../../../source/lab/watch/watch-events.ts';
import type { ChatEvent, Evidence, Prediction } from '../../../source/workshop/judge/evidence.ts';

export const START = 1_800_000_000_000;

/** Where everything is: two hosts behind their NATs, and the rendezvous. */
export const watched: WatchEvent = {
  v: 1,
  event: 'watch',
  at: START,
  lab: 'w1',
  places: [
    { name: 'alice', kind: 'host', addresses: ['192.168.1.2'] },
    { name: 'alice.router', kind: 'router', addresses: ['50.0.1.2'] },
    { name: 'rendezvous', kind: 'rendezvous', addresses: ['50.0.0.2', '50.0.0.3'] },
    { name: 'bob.router', kind: 'router', addresses: ['50.0.2.2'] },
    { name: 'bob', kind: 'host', addresses: ['192.168.2.2'] },
  ],
};

interface Sketch {
  readonly at?: number;
  readonly from?: string;
  readonly to?: string | null;
  readonly flags?: string;
  readonly seq?: number;
  readonly length?: number;
  readonly fate?: Fate;
  readonly source?: string;
  readonly target?: string;
  /** The source outside; the same without a NAT. */
  readonly outside?: string;
  readonly loop?: string;
  readonly protocol?: 'tcp' | 'icmp';
}

let packets = 0;

/** A SYN of alice's to bob that has arrived, unless the sketch says otherwise. `at` is in ms from the start. */
export function packet({ at = 0, loop, outside, source, target, ...sketch }: Sketch = {}): WatchedPacket {
  const from = sketch.from ?? 'alice';
  const sent = source ?? '192.168.1.2:4000';
  const meant = target ?? '50.0.2.2:5000';
  packets += 1;
  return {
    v: 1,
    event: 'packet',
    id: packets,
    at: START + at,
    from,
    to: sketch.to === undefined ? 'bob' : sketch.to,
    protocol: sketch.protocol ?? 'tcp',
    flags: sketch.flags ?? 'S',
    seq: sketch.seq ?? 1,
    ack: 0,
    length: sketch.length ?? 0,
    sightings: [
      { at: START + at, place: `${from}.router`, side: 'inside', way: 'in', source: sent, target: meant },
      {
        at: START + at,
        place: loop ?? `${from}.router`,
        side: loop === undefined ? 'outside' : 'loop',
        way: 'out',
        source: outside ?? sent,
        target: meant,
      },
    ],
    fate: sketch.fate ?? { kind: 'delivered' },
  };
}

/** A row of alice's router for her connection to the rendezvous, unless the sketch says otherwise. */
export function row(sketch: Partial<WatchedRow> = {}): WatchedRow {
  return {
    v: 1,
    event: 'row',
    at: START,
    place: 'alice.router',
    change: 'new',
    id: '1',
    inside: '192.168.1.2:4000',
    outside: '50.0.1.2:4000',
    remote: '50.0.0.2:8877',
    state: 'ESTABLISHED',
    secondsLeft: 100,
    ...sketch,
  };
}

export function evidence(
  events: readonly WatchEvent[],
  more: { prediction?: Prediction; chats?: Readonly<Record<string, readonly ChatEvent[]>> } = {},
): Evidence {
  return { lab: [watched, ...events], chats: more.chats ?? {}, prediction: more.prediction };
}
