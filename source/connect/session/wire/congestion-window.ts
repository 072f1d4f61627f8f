/**
 * How much of a file may be under way at once: as much as the line carries, and
 * little more, for what waits in it stands before every message. The delay of
 * the acks tells (the idea of RFC 6817, LEDBAT, without its rate): as long as
 * they come back hardly later than over an empty line, there is room. Offsets
 * are those of one stream; time comes in as `now` (ms, any monotonic origin).
 */

/** What a new channel is given to begin with; a segment more may leave, and all of it is less than 64 KiB. */
const START_BYTES = 48 * 1024;
/** One segment: at 1 Mbit/s it is 130 ms of the line already. */
const MIN_BYTES = 16 * 1024;
/**
 * How much later than over an empty line an ack may come: a message then takes
 * one and a quarter round trips and these ms, where two round trips and 20 ms
 * would be too long. Less would take the jitter of a wireless network for a queue.
 */
const TOLERATED = 1.25;
const TOLERATED_MS = 10;
/** After an ack that came late, once in a round trip. */
const SHRINK = 0.7;
/** Each round trip without a late ack, once there has been one: an eighth more. Before: twice as much. */
const GROWTH = 1 / 8;
/** A line may become longer for good, as when it moves to a relay within the network: the shortest is forgotten in so long. */
const BASE_MS = 60_000;

interface Stretch {
  readonly end: number;
  readonly at: number;
}

export class SendBudget {
  readonly #maxBytes: number;
  #bytes = START_BYTES;
  /** What is under way, in the order of its sending. */
  #sent: Stretch[] = [];
  #acknowledged = 0;
  /** The shortest round trip of this span and of the one before. */
  #shortest = { now: Infinity, before: Infinity, since: -Infinity };
  #isStarting = true;
  /** What was sent before the last shrinking says nothing about the line since. */
  #shrunkAt = 0;

  /** @param maxBytes what the peer's window allows anyway. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** So much may be under way: sent and not acknowledged. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Another channel, of which nothing is known; sending goes on behind `acknowledged`. */
  restart(acknowledged: number): void {
    this.#bytes = START_BYTES;
    this.#sent = [];
    this.#acknowledged = acknowledged;
    this.#shortest = { now: Infinity, before: Infinity, since: -Infinity };
    this.#isStarting = true;
    this.#shrunkAt = acknowledged;
  }

  /** Bytes up to the offset `end` have left. */
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
    // The last of what arrived has waited least for this ack.
    if (last === undefined) {
      return;
    }
    const tookMs = now - last.at;
    if (tookMs <= this.#baseMs(tookMs, now) * TOLERATED + TOLERATED_MS) {
      // What was not needed has not been tried.
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
