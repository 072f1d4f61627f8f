/**
 * A place in a room whose server may go away and come back: whether to return
 * to it, and when. Time comes in as `now` in ms, chance as a number below 1.
 */
import { PunchlineError } from '../../errors.ts';

/** The first return after a loss, on average half of it: many come back at once, and not in one moment. */
const FIRST_RETURN_MS = 1000;
/** How much later each return is than the one before it. */
const GROWTH = 1.5;
/** A server that is away is asked less and less often; a guest who comes in between finds nobody. */
const MAX_RETURN_MS = 5000;
/** Who has waited for so long was well received: it is a new loss, with patience of its own. */
const STEADY_MS = 10_000;

export interface RoomPlaceOptions {
  /** How long to wait for the peer, absences included; no end by default. */
  readonly waitMs: number | undefined;
  /** How long a server that is away is sought. */
  readonly giveUpMs: number;
}

export class RoomPlace {
  readonly #options: RoomPlaceOptions;
  /** `held` after a loss, until we wait again; `matched` ends it: what comes then may have been a guess at our code. */
  #state: 'none' | 'waiting' | 'held' | 'matched' = 'none';
  #waitingSince = 0;
  #hasWaited = false;
  #expiresAt: number | undefined;
  #lostAt: number | undefined;
  #losses = 0;

  constructor(options: RoomPlaceOptions) {
    this.#options = options;
  }

  get waitMs(): number | undefined {
    return this.#options.waitMs;
  }

  get isHeld(): boolean {
    return this.#state === 'held';
  }

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

  /** The match came to nothing, and no guess was spent: the place is still ours. */
  rearmed(): void {
    this.#state = 'held';
  }

  /** In how many ms to return; undefined where this failure is the end. */
  returnInMs(failure: PunchlineError, now: number, chance: number): number | undefined {
    if (this.#state === 'none' || this.#state === 'matched') {
      return undefined;
    }
    // On the way back anything may answer in the place of a server that is only starting.
    const isOfTheServer =
      this.#state === 'waiting' ? failure.code === 'ERR_RENDEZVOUS_CLOSED' : failure.exitCode === 3;
    if (!isOfTheServer) {
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
    // Whatever the server says, and however chance has it: one that is lost as soon as it is met is met ever later.
    return Math.max(wishedMs ?? 0, longestMs * (0.5 + chance / 2));
  }

  #endWait(now: number): void {
    if (this.#state === 'waiting' && now - this.#waitingSince >= STEADY_MS) {
      this.#lostAt = undefined;
    }
  }
}

/** A server that goes down has asked to be met again in `afterMs`. */
export class SentAway extends PunchlineError {
  readonly afterMs: number;

  constructor(server: string, afterMs: number) {
    super('ERR_RENDEZVOUS_CLOSED', `the rendezvous ${server} is restarting`, {
      hint: `Try again in ${Math.ceil(afterMs / 1000)} s.`,
    });
    this.afterMs = afterMs;
  }
}
