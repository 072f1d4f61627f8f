/**
 * How much of a file may be under way at once: as much as the line carries and
 * little more, because every message waits behind it. The delay of the acks
 * tells how much that is (the idea of RFC 6817, LEDBAT, without its rate): as
 * long as they come back hardly later than over an empty line, there is room.
 * Offsets are those of one stream. Time comes in as `now` (ms, any monotonic
 * origin).
 */

/** The window of a new channel. One segment more may be sent, and all of that is less than 64 KiB. */
const START_BYTES = 48 * 1024;
/** The smallest window is one segment: at 1 Mbit/s it already takes the line 130 ms. */
const MIN_BYTES = 16 * 1024;
/**
 * How much later than over an empty line an ack may come. A message then takes
 * one and a quarter round trips and this long; two round trips and 20 ms would
 * be too long. A smaller value would take the jitter of a wireless network for
 * a queue.
 */
const TOLERATED = 1.25;
const TOLERATED_MS = 10;
/** The window shrinks by this factor after a late ack, at most once in a round trip. */
const SHRINK = 0.7;
/** Once there has been a late ack, the window grows by an eighth in each round trip without one. Before that, it doubles. */
const GROWTH = 1 / 8;
/** The shortest round trip is forgotten after this long, because a line may become longer for good, for example by another route. */
const BASE_MS = 60_000;

interface Stretch {
  readonly end: number;
  readonly at: number;
}

export class CongestionWindow {
  readonly #maxBytes: number;
  #bytes = START_BYTES;
  /** The data that is under way, in the order in which it was sent. */
  #sent: Stretch[] = [];
  #acknowledged = 0;
  /** The shortest round trip of this span and of the one before. */
  #shortest = { now: Infinity, before: Infinity, since: -Infinity };
  #isStarting = true;
  /** The window last shrank at this offset. Acks of data before it say nothing about the line since. */
  #shrunkAt = 0;

  /** @param maxBytes bounds the window: the peer allows no more. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes may be under way, which means sent and not acknowledged. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Begins again for another channel, of which nothing is known. Sending goes on behind `acknowledged`. */
  restart(acknowledged: number): void {
    this.#bytes = START_BYTES;
    this.#sent = [];
    this.#acknowledged = acknowledged;
    this.#shortest = { now: Infinity, before: Infinity, since: -Infinity };
    this.#isStarting = true;
    this.#shrunkAt = acknowledged;
  }

  /** Bytes up to the offset `end` have been sent. */
  sent(end: number, now: number): void {
    this.#sent.push({ end, at: now });
  }

  acknowledged(received: number, now: number): void {
    const fresh = received - this.#acknowledged;
    if (fresh <= 0) {
      return;
    }
    const wasUsed = (this.#sent.at(-1)?.end ?? 0) - this.#acknowledged >= this.#bytes / 2;
    this.#acknowledged = received;
    let last: Stretch | undefined;
    while (this.#sent[0] !== undefined && this.#sent[0].end <= received) {
      last = this.#sent.shift();
    }
    // The data that arrived last has waited least for this ack.
    if (last === undefined) {
      return;
    }
    const tookMs = now - last.at;
    if (tookMs <= this.#baseMs(tookMs, now) * TOLERATED + TOLERATED_MS) {
      // A window that was not used up shows nothing about a larger one.
      if (wasUsed) {
        this.#grow(fresh);
      }
    } else if (received > this.#shrunkAt) {
      this.#isStarting = false;
      this.#shrunkAt = this.#sent.at(-1)?.end ?? received;
      this.#bytes = Math.max(MIN_BYTES, this.#bytes * SHRINK);
    }
  }

  #grow(fresh: number): void {
    this.#bytes = Math.min(this.#maxBytes, this.#bytes + fresh * (this.#isStarting ? 1 : GROWTH));
  }

  #baseMs(tookMs: number, now: number): number {
    const { now: shortest, since } = this.#shortest;
    this.#shortest =
      now - since >= BASE_MS
        ? { now: tookMs, before: shortest, since: now }
        : { ...this.#shortest, now: Math.min(shortest, tookMs) };
    return Math.min(this.#shortest.now, this.#shortest.before);
  }
}
