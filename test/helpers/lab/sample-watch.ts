/** What a watch has told of a small lab: alice and bob dial each other, and bob's NAT gets a spray. */
import type { Fate, WatchedPacket, WatchedRow, WatchEvent } from '../../../source/lab/watch/watch-events.ts';

const START = 1_795_993_279_000;
const mappedAlice = '50.0.1.2:6000';
const mappedBob = '50.0.2.2:6000';
const notContacted = 'nobody inside has contacted this endpoint';

let ids = 0;

function packet(
  ms: number,
  from: string,
  to: string,
  flags: string,
  fate: Fate,
  ports: readonly [number, number] = [6000, 6000],
): WatchedPacket {
  const isFromAlice = from === 'alice';
  const [source, target] = isFromAlice
    ? [`192.168.1.2:${ports[0]}`, `50.0.2.2:${ports[1]}`]
    : [`192.168.2.2:${ports[0]}`, `50.0.1.2:${ports[1]}`];
  const mapped = `50.0.${isFromAlice ? 1 : 2}.2:${ports[0]}`;
  const [near, far] = isFromAlice ? ['alice.router', 'bob.router'] : ['bob.router', 'alice.router'];
  const inside = isFromAlice ? `192.168.2.2:${ports[1]}` : `192.168.1.2:${ports[1]}`;
  const at = START + ms;
  ids += 1;
  return {
    v: 1,
    event: 'packet',
    id: ids,
    at,
    from,
    to,
    protocol: 'tcp',
    flags,
    seq: ids,
    ack: 0,
    length: 0,
    sightings: [
      { at, place: near, side: 'inside', way: 'in', source, target },
      { at: at + 0.1, place: near, side: 'outside', way: 'out', source: mapped, target },
      { at: at + 0.2, place: 'internet', side: 'outside', way: 'in', source: mapped, target },
      { at: at + 0.3, place: 'internet', side: 'outside', way: 'out', source: mapped, target },
      { at: at + 0.4, place: far, side: 'outside', way: 'in', source: mapped, target },
      ...(fate.kind === 'delivered'
        ? [{ at: at + 0.5, place: far, side: 'inside', way: 'out', source: mapped, target: inside } as const]
        : []),
    ],
    fate,
  };
}

function row(
  ms: number,
  site: 'alice' | 'bob',
  state: string | null,
  change: WatchedRow['change'],
): WatchedRow {
  const isAlice = site === 'alice';
  return {
    v: 1,
    event: 'row',
    at: START + ms,
    place: `${site}.router`,
    change,
    id: state === null ? 'mapping' : '77',
    inside: isAlice ? '192.168.1.2:6000' : '192.168.2.2:6000',
    outside: isAlice ? mappedAlice : mappedBob,
    remote: state === null ? null : isAlice ? mappedBob : mappedAlice,
    state,
    secondsLeft: change === 'gone' ? null : 120,
  };
}

const delivered: Fate = { kind: 'delivered' };
const stopped: Fate = { kind: 'stopped', place: 'bob.router', reason: notContacted };

/** In the order in which they were told, which is not that of their times. */
export const sampleWatch: readonly WatchEvent[] = [
  {
    v: 1,
    event: 'watch',
    at: START,
    lab: 'class',
    places: [
      { name: 'alice', kind: 'host', addresses: ['192.168.1.2'] },
      { name: 'alice.router', kind: 'router', addresses: ['50.0.1.2'], about: 'port-restricted' },
      { name: 'rendezvous', kind: 'rendezvous', addresses: ['50.0.0.2'] },
      { name: 'bob.router', kind: 'router', addresses: ['50.0.2.2'], about: 'port-restricted' },
      { name: 'bob', kind: 'host', addresses: ['192.168.2.2'] },
    ],
  },
  row(1, 'alice', 'SYN_SENT', 'new'),
  row(50, 'alice', null, 'new'),
  row(102, 'bob', 'SYN_SENT', 'new'),
  packet(101, 'bob', 'alice', 'S', delivered),
  packet(0, 'alice', 'bob.router', 'S', stopped),
  row(103, 'alice', 'SYN_SENT2', 'changed'),
  packet(105, 'alice', 'bob', 'SA', delivered),
  packet(110, 'bob', 'alice', 'A', delivered),
  row(111, 'alice', 'ESTABLISHED', 'changed'),
  // A packet kept it alive. That is no news.
  row(3000, 'alice', 'ESTABLISHED', 'changed'),
  ...Array.from({ length: 1024 }, (_, index) =>
    packet(4000 + index / 8, 'alice', 'bob.router', 'S', stopped, [7000 + index, 9]),
  ),
  row(5000, 'bob', 'SYN_SENT', 'gone'),
];
