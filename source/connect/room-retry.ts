/**
 * What the failure of one visit to a place leads to, while we meet a peer for the first time: another visit, or the
 * end. Time comes in as `now` in ms, chance as a number below 1.
 */
import { PunchlineError } from '../errors.ts';
import { Disorderly, Misunderstood, PeerVanished, SentAway } from './place.ts';

/** The first return after a loss, on average half of it: many come back at once, and not in one moment. */
const FIRST_RETURN_MS = 1000;
/** How much later each return is than the one before it. */
const GROWTH = 1.5;
/** A place that is away is asked less and less often; a guest who comes in between finds nobody. */
const MAX_RETURN_MS = 5000;
/** After a wait of this length a loss is a new one, with its whole patience. */
const STEADY_MS = 10_000;
/** A stranger who guesses the number may come in the place of our peer so many times, and no more (design 3.3). */
const MAX_REARMS = 10;

export interface RoomRetryOptions {
  /** How long to wait for the peer, absences included; no end by default. */
  readonly waitMs?: number | undefined;
  /** How long a place that is away is sought. */
  readonly giveUpMs: number;
}

export interface RetryFacts {
  readonly now: number;
  readonly chance: number;
  /** Whether the guess at our code is spent. */
  readonly isGuessSpent: boolean;
  /** Whether we opened the room: its code is good in this room alone. */
  readonly isOwnRoom: boolean;
}

export type NextStep =
  /** Visit the place again, after so many ms. */
  | { readonly step: 'visit'; readonly inMs: number }
  /** The wait for the peer ends in so many ms, before the next visit. */
  | { readonly step: 'expire'; readonly inMs: number }
  /** The place has lost our room, and with it the code. */
  | { readonly step: 'room lost' }
  /** The failure is the end. */
  | { readonly step: 'give up' };

const giveUp: NextStep = { step: 'give up' };

export class RoomRetry {
  readonly #options: RoomRetryOptions;
  /** `held` after a loss, until we wait again; `matched` ends it: what comes then may have been a guess at our code. */
  #state: 'none' | 'waiting' | 'held' | 'matched' = 'none';
  #waitingSince = 0;
  #hasWaited = false;
  #hasRepeated = false;
  #expiresAt: number | undefined;
  #lostAt: number | undefined;
  #losses = 0;
  #rearms = 0;

  constructor(options: RoomRetryOptions) {
    this.#options = options;
  }

  /** Whether we have waited for the peer, on any visit. */
  get hasWaited(): boolean {
    return this.#hasWaited;
  }

  /** What is left of the wait for the peer; undefined where it has no end. It begins with the first `waiting`. */
  leftMs(now: number): number | undefined {
    if (this.#options.waitMs === undefined) {
      return undefined;
    }
    return this.#expiresAt === undefined ? this.#options.waitMs : this.#expiresAt - now;
  }

  waiting(now: number): void {
    this.#state = 'waiting';
    this.#waitingSince = now;
    this.#hasWaited = true;
    if (this.#options.waitMs !== undefined) {
      this.#expiresAt ??= now + this.#options.waitMs;
    }
  }

  matched(now: number): void {
    this.#endWait(now);
    this.#state = 'matched';
  }

  /** Whether a peer came and went, and has learnt nothing: then the room is armed again, and stays ours. */
  mayRearm(failure: unknown, isGuessSpent: boolean): boolean {
    return failure instanceof PeerVanished && !isGuessSpent && this.#rearms < MAX_REARMS;
  }

  next(failure: unknown, { now, chance, isGuessSpent, isOwnRoom }: RetryFacts): NextStep {
    // Before all else: whatever the failure is, a second share would be a second guess.
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

  /** In how many ms to return; undefined where this failure is the end. */
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
    // Whatever the place says, and however chance has it: one that is lost as soon as it is met is met ever later.
    return Math.max(wishedMs ?? 0, longestMs * (0.5 + chance / 2));
  }

  /** Whether a failure is of the place alone, and the place may be back. */
  #isBorne(failure: PunchlineError): boolean {
    switch (this.#state) {
      case 'waiting':
        return failure.code === 'ERR_RENDEZVOUS_CLOSED';
      // On the way back anything may answer in the place of a server that is only starting.
      case 'held':
        return failure.exitCode === 3 && !(failure instanceof Disorderly);
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
