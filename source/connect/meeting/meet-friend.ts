import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../../errors.ts';
import { manyListeners, pause, TimeoutError } from '../../network/waiting.ts';
import type { FriendKey } from '../connect-options.ts';
import type { MeetingContext } from '../meeting-context.ts';
import { PeerVanished, type Match } from '../place.ts';
import { RetryDelay } from '../reconnect/retry-delay.ts';
import { type MetChannel, metChannel } from './connected-event.ts';
import { driveMeeting, loadPunching } from './drive-meeting.ts';
import { dayAt, entryByFriend, FriendDays } from './friend-room.ts';
import { RoomRetry } from './room-retry.ts';

/** A friend who waits in another room is matched at once. At a mailbox that takes some round trips. */
const OTHER_DAY_MS = 2000;

/**
 * Meets a friend: in today's room, and once in those of yesterday and tomorrow, because one of the two clocks may be
 * wrong. A stranger or a place that comes there gains nothing, and ends nothing. Throws PunchlineError, or the signal's
 * reason. No socket stays but the winner's.
 */
export async function meetFriend(
  context: MeetingContext,
  friend: FriendKey,
  signal: AbortSignal,
): Promise<MetChannel> {
  const over = new AbortController();
  const meeting = new FriendMeeting(context, friend, AbortSignal.any([signal, over.signal]));
  const today = meeting.today();
  const otherDay = meeting.otherDay();
  let winner: MetChannel | undefined;
  try {
    winner = await Promise.race([today, otherDay.then((met) => met ?? today)]);
    return winner;
  } finally {
    over.abort();
    for (const one of [today, otherDay]) {
      one.then(
        (met) => {
          if (met !== winner) {
            met?.link.destroy();
          }
        },
        () => undefined,
      );
    }
  }
}

class FriendMeeting {
  readonly #context: MeetingContext;
  readonly #friend: FriendKey;
  readonly #signal: AbortSignal;
  readonly #startedAt = performance.now();
  readonly #days: FriendDays;
  readonly #retry: RoomRetry;
  readonly #delay = new RetryDelay();
  readonly #alone = Promise.withResolvers<undefined>();
  /** Today's visit, until the friend is found elsewhere. */
  #visit = new AbortController();
  /** The look at the other days, until the friend is found today. */
  readonly #looking = new AbortController();
  /** The meeting in the room of another day, once there is a match. */
  #elsewhere: Promise<MetChannel> | undefined;

  constructor(context: MeetingContext, friend: FriendKey, signal: AbortSignal) {
    this.#context = context;
    this.#friend = friend;
    this.#signal = manyListeners(signal);
    this.#days = new FriendDays(context.place, context.now);
    this.#retry = new RoomRetry(context);
  }

  async today(): Promise<MetChannel> {
    for (;;) {
      this.#visit = new AbortController();
      const until = AbortSignal.any([this.#signal, this.#visit.signal]);
      try {
        return await this.#days.meet(until, (day, hold, either) => this.#meetToday(day, hold, either));
      } catch (error) {
        this.#signal.throwIfAborted();
        if (!this.#visit.signal.aborted) {
          await this.#pauseAfter(error);
          continue;
        }
      }
      const met = await this.#elsewhere?.catch(() => undefined);
      if (met !== undefined) {
        return met;
      }
    }
  }

  async #meetToday(day: number, hold: () => void, signal: AbortSignal): Promise<MetChannel> {
    const retry = this.#retry;
    return this.#meet(this.#context, day, signal, {
      onWaiting: () => {
        const now = performance.now();
        this.#delay.met(now);
        retry.waiting(now);
        this.#alone.resolve(undefined);
        return retry.leftMs(now);
      },
      onMatched: () => {
        hold();
        const now = performance.now();
        this.#delay.met(now);
        retry.matched(now);
        // Both may find each other in two rooms at once. One side alone decides which match counts.
        if (this.#friend.role === 'a') {
          this.#looking.abort();
        }
      },
    });
  }

  /** Resolves with undefined if the friend waits in no other room. Never rejects. */
  async otherDay(): Promise<MetChannel | undefined> {
    const signal = AbortSignal.any([this.#signal, this.#looking.signal]);
    const isOver = new Promise<undefined>((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    await Promise.race([this.#alone.promise, isOver]);
    await pause(this.#context.waits.otherDayMs, signal);
    for (const days of [-1, 1]) {
      if (signal.aborted) {
        return undefined;
      }
      const met = await this.#meetOn(dayAt(this.#context.now()) + days, signal);
      if (met !== undefined) {
        return met;
      }
    }
    return undefined;
  }

  /** Looks into the room of another day, as another client: in today's room we go on waiting. */
  async #meetOn(day: number, signal: AbortSignal): Promise<MetChannel | undefined> {
    const place = this.#context.createPlace();
    let hasMatched = false;
    const context: MeetingContext = {
      ...this.#context,
      place,
      // What happens there is shown only if the friend is there.
      emit: (happening) => {
        if (hasMatched) {
          this.#context.emit(happening);
        }
      },
    };
    const meeting = this.#meet(context, day, signal, {
      onWaiting: () => OTHER_DAY_MS,
      onMatched: () => {
        hasMatched = true;
        this.#elsewhere = meeting;
        if (this.#friend.role === 'a') {
          this.#visit.abort();
        }
      },
    });
    try {
      return await meeting;
    } catch {
      return undefined;
    } finally {
      place.close();
    }
  }

  async #meet(
    context: MeetingContext,
    day: number,
    signal: AbortSignal,
    { onWaiting, onMatched }: { onWaiting: () => number | undefined; onMatched: (match: Match) => void },
  ): Promise<MetChannel> {
    let matchedAt = 0;
    let hasWaited = this.#retry.hasWaited;
    const won = await driveMeeting(
      context,
      {
        visit: (until) => context.place.visit(until),
        enter: async () => {
          loadPunching().catch(() => undefined);
          return entryByFriend(this.#friend, day);
        },
        onWaiting: () => {
          hasWaited = true;
          return onWaiting();
        },
        onMatched: (match) => {
          ({ matchedAt } = match);
          onMatched(match);
        },
        needsAnswers: false,
        reports: (failure) => failure instanceof PunchlineError && failure.code === 'ERR_PUNCH_FAILED',
      },
      signal,
    );
    return metChannel(won, hasWaited ? matchedAt : this.#startedAt);
  }

  /** Resolves when it is time for the next visit. Throws if there is none. */
  async #pauseAfter(error: unknown): Promise<void> {
    const signal = this.#signal;
    const now = performance.now();
    if (isMissed(error)) {
      this.#retry.opened();
      await pause(this.#delay.nextMs(error, now, Math.random()), signal);
      signal.throwIfAborted();
      return;
    }
    const next = this.#retry.next(error, {
      now,
      chance: Math.random(),
      isGuessSpent: false,
      isOwnRoom: false,
    });
    if (next.step === 'visit' || next.step === 'expire') {
      await pause(next.inMs, signal);
      signal.throwIfAborted();
    }
    if (next.step !== 'visit') {
      throw next.step === 'expire' || error instanceof TimeoutError ? this.#expired() : error;
    }
  }

  #expired(): PunchlineError {
    const { waitMs = 0 } = this.#context;
    return new PunchlineError('ERR_WAIT_EXPIRED', `your friend did not come within ${waitMs / 60_000} min`, {
      hint: 'Agree on a time with your friend, or wait longer with --wait. A friend who has removed you does not come.',
    });
  }
}

/** Somebody came and was not the friend, or left again. We go on waiting: nobody can guess 256 bits. */
function isMissed(error: unknown): boolean {
  return (
    error instanceof PeerVanished ||
    (error instanceof PunchlineError && (error.code === 'ERR_PEER_LEFT' || error.code === 'ERR_WRONG_CODE'))
  );
}
