/**
 * Decides how a packet ended, from where it was seen, and from what the rules of
 * the routers and their own answers tell.
 */
import type { PlacedSite } from '../plan/addresses.ts';
import { addressOf, internet, type LabMap } from './lab-map.ts';
import type { Fate, Sighting } from './watch-events.ts';

/** A rule dropped the packet, or a router answered it. */
export interface Verdict {
  readonly place: string;
  readonly answer?: 'rst' | 'icmp';
  readonly reason?: string;
  /** A rule has said so. Otherwise it only follows from the answer. */
  readonly isFromRule: boolean;
}

export interface Course {
  readonly from: string;
  readonly to: string | null;
  readonly fate: Fate;
  /** Nothing that comes later can change it. */
  readonly isFinal: boolean;
}

/** `sightings` are in the order of their times, and at least one. */
export function courseOf(
  sightings: readonly [Sighting, ...Sighting[]],
  verdict: Verdict | undefined,
  map: LabMap,
): Course {
  const [first] = sightings;
  const last = sightings.at(-1) ?? first;
  const to = map.ownerOf(addressOf(last.target), last.place, last.side) ?? null;
  const course = { from: senderOf(first, map), to };
  if (hasArrived(last, to, map)) {
    // If the beginning is missing, it may still come: captures are not equally fast.
    return { ...course, fate: { kind: 'delivered' }, isFinal: isWhole(sightings, map) };
  }
  const decided = verdict?.place === last.place && last.way === 'in' ? verdict : undefined;
  return { ...course, fate: endOf(last, decided), isFinal: decided?.isFromRule === true };
}

/** What a router sends without having got it is its own. */
function senderOf({ place, side, source, way }: Sighting, map: LabMap): string {
  return way === 'out' ? place : (map.ownerOf(addressOf(source), place, side) ?? place);
}

/** Behind its last router there is nobody who could stop it. */
function hasArrived({ place, side, target, way }: Sighting, to: string | null, { sites }: LabMap): boolean {
  if (to === place) {
    return way === 'in' && isOwnAddress(addressOf(target), sites.get(place));
  }
  const isLast = place === internet ? to === 'rendezvous' : side === 'inside';
  return way === 'out' && to !== null && isLast && !sites.has(to);
}

/** A router has addresses of its own. Its external one is none of them: that one belongs to the hosts inside. */
function isOwnAddress(address: string, placed: PlacedSite | undefined): boolean {
  return (
    placed !== undefined &&
    [`${placed.inside}.1`, `${placed.inside6}:1`, placed.up.own, placed.up.own6].includes(address)
  );
}

/** It was seen from the first router on, and each router that it left had got it. */
function isWhole(sightings: readonly [Sighting, ...Sighting[]], map: LabMap): boolean {
  const [first, ...others] = sightings;
  // One capture sees both sides of a router in order: what it did not see come in, the router has sent itself.
  const isFirst =
    first.way === 'out' ||
    (first.place === internet
      ? map.ownerOf(addressOf(first.source), internet, 'outside') === 'rendezvous'
      : first.side === 'inside');
  return (
    isFirst &&
    others.every(({ place, way }, index) => {
      const before = sightings[index];
      return way === 'in' ? before?.way === 'out' : before?.way === 'in' && before.place === place;
    })
  );
}

function endOf({ place, side, way }: Sighting, verdict: Verdict | undefined): Fate {
  if (way === 'out' || (place === internet && verdict === undefined)) {
    return { kind: 'lost', place };
  }
  const reason = verdict?.reason === undefined ? {} : { reason: verdict.reason.slice(0, 200) };
  if (verdict?.answer !== undefined) {
    return { kind: 'answered', place, by: verdict.answer, ...reason };
  }
  return { kind: side === 'inside' ? 'kept' : 'stopped', place, ...reason };
}
