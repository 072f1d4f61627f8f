/** What happened between the two clients, a line for each packet, for a person to read. */
import { safeText } from '../../../text/safe-text.ts';
import type { Fate, WatchedPacket } from '../../../lab/watch/watch-events.ts';
import type { Evidence } from './trial-evidence.ts';

/** More lines than this nobody reads. */
const MAX_LINES = 40;

/** `0.58 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** The packets between the two hosts that begin or end something, and the first one with data. */
export function packetLines({ endAt, events, first, second }: Evidence, base: number): string[] {
  const hosts = new Set([first.host, second.host]);
  const packets = events.flatMap((event) =>
    event.event === 'packet' && hosts.has(event.from) && event.to !== 'rendezvous' ? [event] : [],
  );
  const told = packets
    .filter(({ at, flags, length }) => at <= endAt && (/[SFR]/.test(flags) || length > 0))
    .toSorted((one, other) => one.at - other.at);
  const lines = told.slice(0, MAX_LINES).map((packet) => packetLine(packet, base));
  return told.length > MAX_LINES ? [...lines, `… and ${told.length - MAX_LINES} more`] : lines;
}

function packetLine({ at, fate, flags, from, length, sightings }: WatchedPacket, base: number): string {
  const { source = '', target = '' } = sightings[0] ?? {};
  const what = length > 0 ? `${flags} ${length} bytes` : flags;
  return `${seconds(at - base).padStart(8)}  ${from} ${source} → ${target}  ${what}  ${fateText(fate)}`;
}

function fateText(fate: Fate): string {
  if (fate.kind === 'delivered') {
    return fate.kind;
  }
  const how = fate.kind === 'answered' ? `answered with ${fate.by}` : fate.kind;
  const why = 'reason' in fate && fate.reason !== undefined ? ` (${safeText(fate.reason)})` : '';
  return `${how} at ${fate.place}${why}`;
}
