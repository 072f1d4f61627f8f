import { ProtocolError } from '../../errors.ts';
import { TokenBucket } from '../../network/token-bucket.ts';
import type { Path } from '../../events.ts';

/** A network changes a few times in a row, for example off one and onto the next, and then not for a while. */
const BURST = 3;
/** Bounds the rounds that we begin by ourselves, however often our addresses change. */
const OWN_EVERY_MS = 20_000;
/** Bounds what a peer can make us dial. Twice as many as our own, so that no honest peer is ever refused. */
const THEIR_EVERY_MS = 10_000;
/** A peer that is refused so often on one channel is not honest. */
const MAX_REFUSED = 100;

/** What a `round` frame of the peer means to us. */
type RoundTurn =
  /** The peer's part of the round that we began, or that both began at once. */
  | 'answer'
  /** The peer begins a round, and waits for our part. */
  | 'opening'
  /** It comes too late, or too often. */
  | 'none';

/**
 * Which side begins which round. Each side says each number once, and the side
 * that says it first begins the round. Numbers begin anew on each channel. How
 * often a round may begin is bounded over all channels. Time comes in as `now`
 * (ms, any monotonic origin).
 */
export class RoundTurns {
  readonly #own = new TokenBucket(BURST, OWN_EVERY_MS);
  readonly #their = new TokenBucket(BURST, THEIR_EVERY_MS);
  #said = 0;
  #heard = 0;
  #refused = 0;

  /** On another channel numbers begin anew, and a round that was under way gets no answer any more. */
  restart(): void {
    this.#said = 0;
    this.#heard = 0;
    this.#refused = 0;
  }

  /** Begins a round, and returns its number; undefined if it is too soon. */
  open(now: number): number | undefined {
    if (!this.#own.take(now)) {
      return undefined;
    }
    this.#said = Math.max(this.#said, this.#heard) + 1;
    return this.#said;
  }

  /** The peer has said round `n`. Throws ProtocolError if `n` cannot be due, or if there were too many rounds. */
  hear(n: number, now: number): RoundTurn {
    const highest = Math.max(this.#said, this.#heard);
    if (n <= this.#heard || n > highest + 1) {
      throw new ProtocolError(`round ${n} after ${highest}`);
    }
    this.#heard = n;
    if (n === this.#said) {
      return 'answer';
    }
    // We have begun a later one.
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

/** The pause before the first round: a session that has only just begun is left alone. */
const FIRST_MS = 5000;
/** On a direct path the pauses are 5, 10, 20 … 320 s, ten minutes in all. After that only another address can help. */
const DIRECT_TRIES = 7;
/** A relayed path costs the operator of the relay. So rounds go on as long as it lasts, at most this far apart. */
const RELAY_MAX_MS = 120_000;

export interface RoundsSoFar {
  readonly path: Path;
  /** Rounds on this channel since the last change of addresses. */
  readonly tries: number;
  /** Whether one of our addresses is in a network of the peer's host candidates; undefined before we know any. */
  readonly sharesNetwork: boolean | undefined;
}

/** How long to wait for the next round, in ms; undefined if only another address can help. */
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
