import { ProtocolError } from '../../errors.ts';
import { TokenBucket } from '../../network/token-bucket.ts';
import type { Path } from '../../events.ts';

/** Networks change a few times in a row (off one, onto the next), and then not for a while. */
const BURST = 3;
/** Bounds the rounds that we begin by ourselves, however often our addresses change. */
const OWN_EVERY_MS = 20_000;
/** Bounds what a peer can make us dial: twice as generous, so that no honest one is ever refused. */
const THEIR_EVERY_MS = 10_000;
/** Who goes on so long beyond that on one channel is not honest. */
const MAX_REFUSED = 100;

/** What a `round` of the peer is to us. */
type RoundTurn =
  /** The other half of the round that we began, or that both began at once. */
  | 'answer'
  /** A round that the peer begins: it wants ours. */
  | 'opening'
  /** Too late, or too often. */
  | 'none';

/**
 * Who says which round: each side says each number once, and whoever says it
 * first begins the round. Numbers count on one channel; how often a round may
 * begin, over all of them. Time comes in as `now` (ms, any monotonic origin).
 */
export class RoundTurns {
  readonly #own = new TokenBucket(BURST, OWN_EVERY_MS);
  readonly #their = new TokenBucket(BURST, THEIR_EVERY_MS);
  #said = 0;
  #heard = 0;
  #refused = 0;

  /** Another channel: numbers count anew, and a round that was under way is answered no more. */
  restart(): void {
    this.#said = 0;
    this.#heard = 0;
    this.#refused = 0;
  }

  /** The number of the round that we begin now, or undefined where it is too soon. */
  open(now: number): number | undefined {
    if (!this.#own.take(now)) {
      return undefined;
    }
    this.#said = Math.max(this.#said, this.#heard) + 1;
    return this.#said;
  }

  /** The peer has said round `n`. Throws ProtocolError for a number that it cannot have come to, or too many of them. */
  hear(n: number, now: number): RoundTurn {
    const highest = Math.max(this.#said, this.#heard);
    if (n <= this.#heard || n > highest + 1) {
      throw new ProtocolError(`round ${n} after ${highest}`);
    }
    this.#heard = n;
    if (n === this.#said) {
      return 'answer';
    }
    // We have begun another since.
    if (n < this.#said) {
      return 'none';
    }
    if (this.#their.take(now)) {
      this.#said = n;
      return 'opening';
    }
    this.#refused += 1;
    if (this.#refused > MAX_REFUSED) {
      throw new ProtocolError('rounds without end');
    }
    return 'none';
  }
}

/** What a first try may cost a session that has only begun. */
const FIRST_MS = 5000;
/** A direct path: 5, 10, 20 … 320 s, ten minutes in all. What is not found by then takes another address. */
const DIRECT_TRIES = 7;
/** A relayed path costs somebody else's line: it is tried as long as it lasts, at most this long apart. */
const RELAY_MAX_MS = 120_000;

export interface RoundsSoFar {
  readonly path: Path;
  /** Rounds so far, on this channel and since the last change of addresses. */
  readonly tries: number;
  /** Whether we have an address in a network of the peer's host candidates; undefined as long as we know none. */
  readonly sharesNetwork: boolean | undefined;
}

/** How long to wait for the next try to find a better path, or undefined where only another address could help. */
export function nextRoundMs({ path, tries, sharesNetwork }: RoundsSoFar): number | undefined {
  const waitMs = FIRST_MS * 2 ** tries;
  switch (path) {
    case 'lan':
      return undefined;
    case 'direct':
      return tries >= DIRECT_TRIES || sharesNetwork === false ? undefined : waitMs;
    case 'relay':
      return Math.min(waitMs, RELAY_MAX_MS);
  }
}
