/**
 * What the failure of a visit leads to while we meet the peer for the first time: another visit, or the end. Time
 * comes in as `now` in ms, chance as a number below 1.
 */
import { PunchlineError } from '../../errors.ts';
import { ProtocolBreach, Misunderstood, PeerVanished, SentAway, SilentPlace } from '../place.ts';

/** The longest pause before the first return. Chance takes a part of it: many clients come back, and not in one moment. */
const FIRST_RETURN_MS = 1000;
/** By how much the pause grows with each return. */
const GROWTH = 1.5;
/** The longest pause. A guest who comes meanwhile finds nobody, so it is short. */
const MAX_RETURN_MS = 5000;
/** A loss after a wait of this length is a new one, and the pauses begin anew. */
const STEADY_MS = 10_000;
/** How often a stranger who guesses the number may come in the place of our peer (design 3.3). */
const MAX_REARMS = 10;

export interface RoomRetryOptions {
  /** How long to wait for the peer, including the time between visits; no end by default. */
  readonly waitMs?: number | undefined;
  /** How long we try to reach a place that does not answer. */
  readonly giveUpMs: number;
}

export interface RetryFacts {
  readonly now: number;
  readonly chance: number;
  /** Whether the guess at our code is spent. */
  readonly isGuessSpent: boolean;
  /** Whether we opened the room. Then its code is valid in this room alone. */
  readonly isOwnRoom: boolean;
}

export type NextStep =
  /** Visit the place again in this many ms. */
  | { readonly step: 'visit'; readonly inMs: number }
  /** The wait for the peer ends in this many ms, before the next visit would begin. */
  | { readonly step: 'expire'; readonly inMs: number }
  /** The place has lost our room, and with it the code. */
  | { readonly step: 'room lost' }
  /** The failure is the end. */
  | { readonly step: 'give up' };

const giveUp: NextStep = { step: 'give up' };

export class RoomRetry {
  readonly #options: RoomRetryOptions;
  /**
   * `held` from a loss until we wait again. After `matched` only a peer that vanished is borne: any other may have made
   * its guess.
   */
  #state: 'none' | 'opened' | 'waiting' | 'held' | 'matched' = 'none';
  #waitingSince = 0;
  #hasWaited = false;
  #hasRepeated = false;
  #expiresAt: number | undefined;
  #lostAt: number | undefined;
  #losses = 0;
  #rearms = 0;
  #isSpent = false;

  constructor(options: RoomRetryOptions) {
    this.#options = options;
  }

  /** Whether we have waited for the peer during any visit. */
  get hasWaited(): boolean {
    return this.#hasWaited;
  }

  /** How much is left of the wait for the peer; undefined means without end. The wait begins with the first `waiting`. */
  leftMs(now: number): number | undefined {
    if (this.#options.waitMs === undefined) {
      return undefined;
    }
    return this.#expiresAt === undefined ? this.#options.waitMs : this.#expiresAt - now;
  }

  /** We have a room, and its code may have been passed on: it is worth a return, as while we wait. */
  opened(): void {
    this.#state = 'opened';
  }

  waiting(now: number): void {
    this.#state = 'waiting';
    this.#waitingSince = now;
    this.#hasWaited = true;
    if (this.#options.waitMs !== undefined) {
      this.#expiresAt ??= now + this.#options.waitMs;
    }
  }

  /** `isSpent`: the place lets nobody into this room any more. */
  matched(now: number, isSpent = false): void {
    this.#isSpent = isSpent;
    this.#endWait(now);
    this.#state = 'matched';
  }

  /** Whether a peer came and left, and has learnt nothing. Then the room is armed again, and stays ours. */
  mayRearm(failure: unknown, isGuessSpent: boolean): boolean {
    return !this.#isSpent && failure instanceof PeerVanished && !isGuessSpent && this.#rearms < MAX_REARMS;
  }

  /** Whether we come back to our room after this failure, so that the place may not end it. */
  keepsRoom(failure: unknown, isGuessSpent: boolean): boolean {
    const isBorne = !isGuessSpent && failure instanceof PunchlineError && this.#isBorne(failure);
    return isBorne || this.mayRearm(failure, isGuessSpent);
  }

  next(failure: unknown, { now, chance, isGuessSpent, isOwnRoom }: RetryFacts): NextStep {
    // This comes first: after any failure a second share would be a second guess.
    if (isGuessSpent || !(failure instanceof PunchlineError)) {
      return giveUp;
    }
    if (failure instanceof Misunderstood && !this.#hasRepeated) {
      this.#hasRepeated = true;
      return { step: 'visit', inMs: 0 };
    }
    if (this.mayRearm(failure, isGuessSpent)) {
      this.#rearms += 1;
      this.#state = 'held';
      return { step: 'visit', inMs: 0 };
    }
    if (this.#state === 'held' && isOwnRoom && failure.code === 'ERR_NO_SUCH_ROOM') {
      return { step: 'room lost' };
    }
    const inMs = this.#returnInMs(failure, now, chance);
    if (inMs === undefined) {
      return giveUp;
    }
    const leftMs = this.leftMs(now) ?? Number.POSITIVE_INFINITY;
    return leftMs <= inMs ? { step: 'expire', inMs: leftMs } : { step: 'visit', inMs };
  }

  /** In how many ms to return; undefined if this failure is the end. */
  #returnInMs(failure: PunchlineError, now: number, chance: number): number | undefined {
    if (!this.#isBorne(failure)) {
      return undefined;
    }
    this.#endWait(now);
    if (this.#lostAt === undefined) {
      this.#lostAt = now;
      this.#losses = 0;
    }
    this.#state = 'held';
    if (now - this.#lostAt >= this.#options.giveUpMs) {
      return undefined;
    }
    this.#losses += 1;
    const longestMs = Math.min(MAX_RETURN_MS, FIRST_RETURN_MS * GROWTH ** (this.#losses - 1));
    const wishedMs = failure instanceof SentAway ? failure.afterMs : undefined;
    if (this.#losses === 1) {
      return wishedMs ?? longestMs * chance;
    }
    // The pause grows whatever the place wishes and whatever chance gives: a place may end each visit at once.
    return Math.max(wishedMs ?? 0, longestMs * (0.5 + chance / 2));
  }

  /** Whether the failure is the place's alone, and the place may come back. */
  #isBorne(failure: PunchlineError): boolean {
    switch (this.#state) {
      case 'opened':
        return failure.code === 'ERR_RENDEZVOUS_CLOSED' || failure instanceof SilentPlace;
      case 'waiting':
        return failure.code === 'ERR_RENDEZVOUS_CLOSED';
      // While a server starts, something else may answer in its place.
      case 'held':
        return failure.exitCode === 3 && !(failure instanceof ProtocolBreach);
      case 'none':
      case 'matched':
        return false;
    }
  }

  #endWait(now: number): void {
    if (this.#state === 'waiting' && now - this.#waitingSince >= STEADY_MS) {
      this.#lostAt = undefined;
    }
  }
}
