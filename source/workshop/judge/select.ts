/** Finds the packets and NAT rows that a check speaks of. */
import type { WatchedPacket, WatchedRow } from '../../lab/watch/watch-events.ts';
import type { PacketSelector, RowSelector } from './check-schema.ts';
import { packetsOf, parseSeenEndpoint, placesOf, rowsOf, type Evidence } from './evidence.ts';

/** The packets that match, in the order of their first sightings. */
export function selectPackets(evidence: Evidence, selector: PacketSelector): readonly WatchedPacket[] {
  return packetsOf(evidence).filter((packet) => matchesPacket(packet, selector));
}

/** The rows that match, in the order in which they were told. */
export function selectRows(evidence: Evidence, selector: RowSelector): readonly WatchedRow[] {
  return rowsOf(evidence).filter((row) => matchesRow(row, selector, evidence));
}

/** A packet and those that were sent again in its place: the same sender, flags, numbers and endpoints. */
export function sameSegment({ ack, flags, from, length, protocol, seq, sightings }: WatchedPacket): string {
  const [first] = sightings;
  return protocol === 'icmp'
    ? [from, flags, first?.source, first?.target, first?.at].join(' ')
    : [from, flags, seq, ack, length, first?.source, first?.target].join(' ');
}

function matchesPacket(packet: WatchedPacket, selector: PacketSelector): boolean {
  const { fate, sightings } = packet;
  const [first] = sightings;
  const source = parseSeenEndpoint(first?.source ?? '');
  const target = parseSeenEndpoint(first?.target ?? '');
  return (
    isAmong(packet.from, selector.from) &&
    leadsTo(packet.to, selector.to) &&
    isAmong(packet.flags, selector.flags) &&
    isAmong(fate.kind, selector.fate) &&
    (selector.by === undefined || (fate.kind === 'answered' && fate.by === selector.by)) &&
    (selector.at === undefined || ('place' in fate && isAmong(fate.place, selector.at))) &&
    isAmong(packet.protocol, selector.protocol) &&
    isAmong(source.port, selector.source) &&
    isAmong(target.port, selector.target) &&
    isAmong(target.address.includes(':') ? 6 : 4, selector.family) &&
    packet.length >= (selector.least ?? 0) &&
    packet.length <= (selector.most ?? Infinity) &&
    wasSeen(packet, selector.seen)
  );
}

function wasSeen({ sightings }: WatchedPacket, seen: PacketSelector['seen']): boolean {
  return (
    seen === undefined ||
    sightings.some(({ place, side }) => place === seen.place && isAmong(side, seen.side))
  );
}

function matchesRow(row: WatchedRow, selector: RowSelector, evidence: Evidence): boolean {
  const remote = row.remote === null ? undefined : parseSeenEndpoint(row.remote);
  return (
    isAmong(row.place, selector.place) &&
    isAmong(row.change, selector.change) &&
    isAmong(row.state ?? '', selector.state) &&
    isAmong(parseSeenEndpoint(row.inside).port, selector.source) &&
    isAmong(remote?.port, selector.target) &&
    (selector.remote === undefined || belongsTo(remote?.address, selector.remote, evidence))
  );
}

/** Whether an address is that of one of the places, or of the router in front of it. */
function belongsTo(
  address: string | undefined,
  names: string | readonly string[],
  evidence: Evidence,
): boolean {
  return placesOf(evidence).some(
    ({ addresses, name }) => address !== undefined && addresses.includes(address) && leadsTo(name, names),
  );
}

/** A host stands for its router, too: a packet that is stopped there names no host. */
function leadsTo(name: string | null, wanted: string | readonly string[] | undefined): boolean {
  return (
    isAmong(name ?? '', wanted) ||
    (name?.endsWith('.router') === true && isAmong(name.slice(0, -'.router'.length), wanted))
  );
}

function isAmong<Word>(word: Word, wanted: Word | readonly Word[] | undefined): boolean {
  if (wanted === undefined) {
    return true;
  }
  return Array.isArray(wanted) ? wanted.includes(word) : wanted === word;
}
