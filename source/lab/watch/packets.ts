/**
 * Joins the sightings of each packet, and tells the packet when its fate is known.
 * A NAT changes one endpoint of a packet, and neither its flags nor its numbers.
 * The clock comes in with each call. Sightings may come in any order, as the
 * captures of the routers are not equally fast.
 */
import type { DecodedPacket } from './wire/decode-packet.ts';
import type { TracedDrop } from './wire/trace-lines.ts';
import { courseOf, type Course, type Verdict } from './fate.ts';
import type { LabMap } from './lab-map.ts';
import type { Sighting, WatchedPacket } from './watch-events.ts';

/** A packet at one device of a router. */
export interface SeenPacket extends DecodedPacket {
  readonly at: number;
  readonly place: string;
  readonly side: Sighting['side'];
}

/**
 * How much later than a packet its capture may come: dumpcap hands on what it has
 * four times a second, and a loaded machine adds to that.
 */
const HOLD_MS = 400;

/** A packet that is seen nowhere for so long, and as long as the slowest line takes, has ended. */
const QUIET_MS = 2000;

/** A trace that falls behind is waited for, but no longer than this. */
const MAX_TRACE_LAG_MS = 10_000;
/** A trace that has told nothing for so long has told all. */
const TRACE_PAUSE_MS = 500;

/** A told packet is remembered for so long, so that a late sighting does not look like another packet. */
const REMEMBER_MS = 5000;

/** A device that is part of a bridge sees a packet at the same time as the bridge. */
const SAME_MOMENT_MS = 5;

/** Bounds memory. The oldest packets are told at once if there are more. A spray has some thousand. */
const MAX_OPEN = 50_000;

interface Open {
  readonly id: number;
  readonly packet: SeenPacket;
  /** Not in order. */
  readonly seen: SeenPacket[];
  /** When the last one has come. */
  touched: number;
  isTold: boolean;
}

type Tell = (packet: WatchedPacket) => void;

export class Packets {
  readonly #map: LabMap;
  readonly #tell: Tell;
  readonly #quietMs: number;
  /** Waiting, so that most sightings are looked at in the order of their times. */
  #waiting: SeenPacket[] = [];
  /** By what no router changes. */
  readonly #open = new Map<string, Open[]>();
  /** In the order of their ids. */
  #untold: Open[] = [];
  #told: Open[] = [];
  #verdicts = new Map<string, { readonly verdict: Verdict; readonly since: number }>();
  #count = 0;
  /** When the trace of each router has told something. */
  readonly #traced = new Map<string, number>();
  /** When the packets were looked at, and whether a rule has dropped one since. */
  #lookedAt = -Infinity;
  #hasDropped = false;

  constructor(map: LabMap, tell: Tell) {
    this.#map = map;
    this.#tell = tell;
    this.#quietMs = map.delayMs + QUIET_MS;
  }

  see(packet: SeenPacket): void {
    this.#waiting.push(packet);
  }

  /** The trace of a router tells something. */
  trace(place: string, now: number): void {
    this.#traced.set(place, now);
  }

  /** A rule of a router has dropped a packet. */
  drop(place: string, { answer, label, reason, source, target }: TracedDrop, now: number): void {
    this.#hasDropped = true;
    this.#verdicts.set(ruleKey(place, source, target, label), {
      since: now,
      verdict: {
        place,
        isFromRule: true,
        ...(answer !== undefined && { answer }),
        ...(reason !== undefined && { reason }),
      },
    });
  }

  /** Tells every packet whose fate is known by now. */
  look(now: number): void {
    this.#join(now - HOLD_MS, now);
    const excess = this.#untold.length - MAX_OPEN;
    const { length } = this.#untold;
    this.#untold = this.#untold.filter((open, index) => {
      const isQuiet = now - open.touched >= this.#quietMs;
      if (!isQuiet && !this.#hasDropped && open.touched < this.#lookedAt && length <= MAX_OPEN) {
        return true;
      }
      const course = this.#course(open);
      const isDue = course.isFinal || index < excess || (isQuiet && !this.#isBehind(open, course, now));
      if (isDue) {
        this.#tellOne(open, course);
      }
      return !isDue;
    });
    this.#lookedAt = now;
    this.#hasDropped = false;
    this.#forget(now);
  }

  /** Whether the trace of the router that has stopped a packet may still tell why. */
  #isBehind({ packet, touched }: Open, { fate }: Course, now: number): boolean {
    return (
      fate.kind !== 'delivered' &&
      fate.kind !== 'lost' &&
      /[SR]/.test(packet.flags) &&
      now - (this.#traced.get(fate.place) ?? -Infinity) < TRACE_PAUSE_MS &&
      now - touched < MAX_TRACE_LAG_MS
    );
  }

  /** Tells all packets, because no more sightings will come. */
  finish(now: number): void {
    this.#join(Infinity, now);
    for (const open of this.#untold) {
      this.#tellOne(open, this.#course(open));
    }
    this.#untold = [];
  }

  #join(until: number, now: number): void {
    const due = this.#waiting.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
    this.#waiting = this.#waiting.filter(({ at }) => at > until);
    for (const packet of due) {
      const open = this.#find(packet);
      if (open === undefined) {
        this.#begin(packet, now);
      } else {
        open.touched = now;
        if (!open.seen.some((other) => isOnBridge(packet, other))) {
          open.seen.push(packet);
        }
      }
    }
  }

  #begin(packet: SeenPacket, now: number): void {
    this.#count += 1;
    const open = { id: this.#count, packet, seen: [packet], touched: now, isTold: false };
    const key = joinKey(packet);
    this.#open.set(key, [...(this.#open.get(key) ?? []), open]);
    this.#untold.push(open);
    if (packet.way === 'out') {
      this.#noteAnswer(packet, now);
    }
  }

  /** A router that sends an RST or an ICMP error of its own answers a packet that it has got. */
  #noteAnswer({ about, ack, flags, place, protocol, source, target }: SeenPacket, now: number): void {
    if (protocol === 'tcp' && !flags.includes('R')) {
      return;
    }
    const verdict = { place, answer: protocol === 'tcp' ? 'rst' : 'icmp', isFromRule: false } as const;
    const key = about
      ? answerKey(place, about.source, about.target, about.seq)
      : answerKey(place, target, source, (ack - 1) >>> 0);
    this.#verdicts.set(key, { verdict, since: now });
  }

  /** The youngest packet that this can be another sighting of. */
  #find(packet: SeenPacket): Open | undefined {
    return this.#open.get(joinKey(packet))?.findLast((open) => isAnother(packet, open));
  }

  #course({ packet, seen }: Open): Course {
    const [first = packet, ...others] = seen.toSorted((a, b) => a.at - b.at);
    const last = others.at(-1) ?? first;
    const verdict =
      this.#verdicts.get(ruleKey(last.place, last.source, last.target, last.label)) ??
      this.#verdicts.get(answerKey(last.place, last.source, last.target, last.seq));
    return courseOf([first, ...others], verdict?.verdict, this.#map);
  }

  #tellOne(open: Open, { fate, from, to }: Course): void {
    const seen = open.seen.toSorted((a, b) => a.at - b.at);
    const [first = open.packet] = seen;
    open.isTold = true;
    this.#told.push(open);
    this.#tell({
      v: 1,
      event: 'packet',
      id: open.id,
      at: microseconds(first.at),
      from,
      to,
      protocol: first.protocol,
      flags: first.flags,
      seq: first.seq,
      ack: first.ack,
      length: first.length,
      sightings: seen.slice(0, 64).map(({ at, place, side, source, target, way }) => ({
        at: microseconds(at),
        place,
        side,
        way,
        source,
        target,
      })),
      fate,
    });
  }

  #forget(now: number): void {
    const isOld = ({ touched }: Open) => now - touched > this.#quietMs + REMEMBER_MS;
    for (const open of this.#told.filter(isOld)) {
      const key = joinKey(open.packet);
      const others = (this.#open.get(key) ?? []).filter((one) => one !== open);
      if (others.length === 0) {
        this.#open.delete(key);
      } else {
        this.#open.set(key, others);
      }
    }
    this.#told = this.#told.filter((open) => !isOld(open));
    for (const [key, { since }] of this.#verdicts) {
      // They are in the order of their times.
      if (now - since <= this.#quietMs + REMEMBER_MS) {
        break;
      }
      this.#verdicts.delete(key);
    }
  }
}

/**
 * The flags, the acknowledgement and, without a payload, the sequence number. A
 * device may cut a payload into several packets, so its ranges are compared later.
 */
function joinKey({ about, ack, flags, length, protocol, seq }: SeenPacket): string {
  const numbers = length === 0 ? `${flags} ${seq}` : 'data';
  return `${protocol} ${numbers} ${ack} ${about?.seq ?? ''}`;
}

function isAnother(packet: SeenPacket, { packet: one, seen }: Open): boolean {
  const offset = (packet.seq - one.seq) >>> 0;
  const isPart = offset + packet.length <= one.length;
  const isSame = packet.length === one.length && offset === 0;
  // Pieces get numbers of their own.
  if (!isPart || (isSame && packet.label !== one.label)) {
    return false;
  }
  // RFC 3022: a NAT changes the source on the way out, and the target on the way in.
  const isJoined = seen.some(({ source, target }) => source === packet.source || target === packet.target);
  return isJoined && !seen.some((other) => isAgain(packet, other, isSame));
}

/** A device sees each packet once. A second time it is a retransmission. */
function isAgain(packet: SeenPacket, other: SeenPacket, isSame: boolean): boolean {
  return isHere(packet, other) && isSame && !isOnBridge(packet, other);
}

/** A bridge and its port see the same packet. */
function isOnBridge(packet: SeenPacket, other: SeenPacket): boolean {
  return (
    isHere(packet, other) &&
    other.device !== packet.device &&
    Math.abs(other.at - packet.at) <= SAME_MOMENT_MS
  );
}

function isHere(packet: SeenPacket, { place, side, way }: SeenPacket): boolean {
  return place === packet.place && side === packet.side && way === packet.way;
}

/** The clock of a capture is no finer; the rest comes from counting in binary numbers. */
function microseconds(at: number): number {
  return Math.round(at * 1000) / 1000;
}

function ruleKey(place: string, source: string, target: string, label: number): string {
  return `rule ${place} ${source} ${target} ${label}`;
}

function answerKey(place: string, source: string, target: string, seq: number): string {
  return `answer ${place} ${source} ${target} ${seq}`;
}
