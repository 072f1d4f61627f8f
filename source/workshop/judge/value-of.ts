/** Reads the values of a check from the evidence. */
import type { WatchedPacket } from '../../lab/watch/watch-events.ts';
import type { Comparison, PacketSelector, Value } from './check-schema.ts';
import { packetsOf, parseSeenEndpoint, type ChatEvent, type Evidence, type Prediction } from './evidence.ts';
import { sameSegment, selectPackets, selectRows } from './select.ts';

/** Undefined where the evidence does not hold it. */
type Found = string | number | undefined;

/** The value, as far as the evidence holds it. */
export function valueOf(value: Value, evidence: Evidence): Found {
  if ('number' in value) {
    return value.number;
  }
  if ('text' in value) {
    return value.text;
  }
  if ('typed' in value) {
    return typedValue(value.typed, evidence.prediction);
  }
  if ('percent' in value) {
    const [of, all] = [valueOf(value.percent.of, evidence), valueOf(value.percent.in, evidence)];
    return typeof of === 'number' && typeof all === 'number' && all > 0 ? (100 * of) / all : undefined;
  }
  if ('sum' in value) {
    return sumOf(value.sum.map((one) => valueOf(one, evidence)));
  }
  if ('less' in value) {
    const [one, other] = value.less.map((part) => valueOf(part, evidence));
    return typeof one === 'number' && typeof other === 'number' ? one - other : undefined;
  }
  if ('cases' in value) {
    const found = value.cases.find(({ when }) => holds(when, evidence) === true);
    const isOpen = value.cases.some(({ when }) => holds(when, evidence) === undefined);
    return found?.give ?? (isOpen ? undefined : value.otherwise);
  }
  if ('chat' in value || 'events' in value || 'gaps' in value || 'received' in value) {
    return chatValue(value, evidence);
  }
  // Of a lab that nobody has watched, nothing is known, not even that nothing happened.
  return evidence.lab.length === 0 ? undefined : seenValue(value, evidence);
}

/** Whether a comparison holds; undefined if one of its values is missing. */
export function holds({ by = 0, is, left, right }: Comparison, evidence: Evidence): boolean | undefined {
  const [one, other] = [valueOf(left, evidence), valueOf(right, evidence)];
  return one === undefined || other === undefined ? undefined : compare(one, is, other, by);
}

function compare(one: string | number, is: Comparison['is'], other: string | number, by: number): boolean {
  switch (is) {
    case 'same':
      return one === other;
    case 'different':
      return one !== other;
    case 'at least':
      return Number(one) >= Number(other);
    case 'at most':
      return Number(one) <= Number(other);
    case 'within':
      return Math.abs(Number(one) - Number(other)) <= by;
  }
}

function typedValue(cell: string, prediction: Prediction | undefined): Found {
  return typeof prediction === 'object' ? prediction[cell] : prediction;
}

function sumOf(parts: readonly Found[]): number | undefined {
  return parts.every((one) => typeof one === 'number')
    ? parts.reduce<number>((sum, one) => sum + one, 0)
    : undefined;
}

type SeenValue = Exclude<
  Value,
  | { number: number }
  | { text: string }
  | { typed: string }
  | { percent: unknown }
  | { sum: unknown }
  | { cases: unknown }
  | { less: unknown }
  | { chat: string }
  | { events: string }
  | { gaps: string }
  | { received: string }
>;

/** A value of the lab. */
function seenValue(value: SeenValue, evidence: Evidence): Found {
  if ('opening' in value) {
    return openingOf(value.opening, value.packets, evidence);
  }
  if ('packets' in value) {
    const found = selectPackets(evidence, value.packets);
    return value.again === true ? found.length : new Set(found.map(sameSegment)).size;
  }
  if ('rows' in value) {
    return new Set(selectRows(evidence, value.rows).map(({ id, place }) => `${place} ${id}`)).size;
  }
  if ('endpoint' in value) {
    const packet = oneOf(selectPackets(evidence, value.of), value.which);
    const sighting = value.when === 'sent' ? packet?.sightings[0] : packet?.sightings.at(-1);
    return partOf(sighting?.[value.endpoint], value.part);
  }
  if ('mapping' in value) {
    return partOf(
      oneOf(selectRows(evidence, value.of), value.which)?.[value.mapping] ?? undefined,
      value.part,
    );
  }
  if ('outcome' in value) {
    const { from, target, to } = value.outcome;
    return outcomeOf(from, to, target, evidence);
  }
  return secondsOf(value.seconds, evidence);
}

function oneOf<Item>(items: readonly Item[], which: 'first' | 'last' = 'first'): Item | undefined {
  return which === 'first' ? items[0] : items.at(-1);
}

function partOf(endpoint: string | undefined, part: 'address' | 'port' | undefined): Found {
  if (endpoint === undefined || part === undefined) {
    return endpoint;
  }
  return parseSeenEndpoint(endpoint)[part];
}

function secondsOf(
  { from, to, which }: { from: PacketSelector; to: PacketSelector; which?: 'first' | 'last' | undefined },
  evidence: Evidence,
): number | undefined {
  const [start] = selectPackets(evidence, from);
  const end = oneOf(
    selectPackets(evidence, to).filter(({ at }) => start !== undefined && at >= start.at),
    which,
  );
  return start === undefined || end === undefined ? undefined : (end.at - start.at) / 1000;
}

/** What came of the dials from one host to another. One that was answered counts more than one that was not. */
function outcomeOf(from: string, to: string, target: number | undefined, evidence: Evidence): Found {
  const port = target === undefined ? {} : { target };
  const syns = selectPackets(evidence, { from, to, flags: ['S', 'SA'], ...port });
  if (syns.length === 0) {
    return undefined;
  }
  if (isConnected(from, to, target, evidence)) {
    return 'connected';
  }
  if (syns.some(({ fate }) => fate.kind === 'answered' && fate.by === 'icmp')) {
    return 'unreachable';
  }
  const answers = target === undefined ? {} : { source: target };
  const isRefused =
    syns.some(({ fate }) => fate.kind === 'answered' && fate.by === 'rst') ||
    selectPackets(evidence, {
      from: [to, `${to}.router`],
      to: from,
      flags: ['R', 'AR'],
      fate: 'delivered',
      ...answers,
    }).length > 0;
  return isRefused ? 'refused' : 'silence';
}

/**
 * Whether a SYN+ACK has arrived at either side: of a listener's answer at the
 * one that dialled, of a simultaneous open at both.
 */
function isConnected(from: string, to: string, target: number | undefined, evidence: Evidence): boolean {
  const there = target === undefined ? {} : { target };
  const back = target === undefined ? {} : { source: target };
  const arrived = { flags: 'SA', fate: 'delivered' } as const;
  return (
    selectPackets(evidence, { from: to, to: from, ...arrived, ...back }).length > 0 ||
    selectPackets(evidence, { from, to, ...arrived, ...there }).length > 0
  );
}

/** The flags of the first packets on the connection of which a SYN+ACK has arrived. A packet that was sent again counts once. */
function openingOf(
  [one, other]: readonly [string, string],
  count: number,
  evidence: Evidence,
): string | undefined {
  const between = packetsOf(evidence).filter(
    (packet) => isBetween(packet, one, other) || isBetween(packet, other, one),
  );
  const opened = between.find(({ fate, flags }) => flags === 'SA' && fate.kind === 'delivered');
  if (opened === undefined) {
    return undefined;
  }
  const pair = outsidePair(opened);
  const seen = new Set<string>();
  const opening = between
    .filter((packet) => outsidePair(packet) === pair)
    .filter((packet) => {
      const isNew = !seen.has(sameSegment(packet));
      seen.add(sameSegment(packet));
      return isNew;
    });
  return opening
    .slice(0, count)
    .map(({ flags }) => flags)
    .join(' ');
}

function isBetween(packet: WatchedPacket, from: string, to: string): boolean {
  return (
    packet.protocol === 'tcp' && packet.from === from && (packet.to === to || packet.to === `${to}.router`)
  );
}

/** The two endpoints as the internet between the two saw them, in either order. */
function outsidePair({ sightings }: WatchedPacket): string {
  const outside = sightings.find(({ side }) => side === 'outside') ?? sightings[0];
  return [outside?.source ?? '', outside?.target ?? ''].toSorted().join(' ');
}

function chatValue(
  value: Extract<Value, { chat: string } | { events: string } | { gaps: string } | { received: string }>,
  { chats }: Evidence,
): Found {
  if ('chat' in value) {
    const events = (chats[value.chat] ?? []).filter(({ event }) => event === value.event);
    const field = oneOf(events, value.which)?.[value.field];
    return typeof field === 'string' || typeof field === 'number' ? field : undefined;
  }
  if ('events' in value) {
    return chats[value.events]?.filter(({ event }) => event === value.named).length;
  }
  const host = 'gaps' in value ? value.gaps : value.received;
  const events = chats[host];
  if (events === undefined) {
    return undefined;
  }
  const numbers = receivedNumbers(events);
  if ('received' in value) {
    return numbers.size;
  }
  return numbers.size === 0 ? undefined : Math.max(...numbers) - Math.min(...numbers) + 1 - numbers.size;
}

/** The numbers of the heartbeats that came from the peer. */
function receivedNumbers(events: readonly ChatEvent[]): ReadonlySet<number> {
  return new Set(
    events
      .filter(({ direction, event }) => event === 'heartbeat' && direction === 'received')
      .flatMap(({ n }) => (typeof n === 'number' ? [n] : [])),
  );
}
