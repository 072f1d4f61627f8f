import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../../errors.ts';
import { pause } from '../../network/waiting.ts';
import type { Code } from '../../protocol/code.ts';
import type { FriendKey } from '../connect-options.ts';
import { Guess } from '../keys/guess.ts';
import { sessionId } from '../keys/keys.ts';
import { type MetChannel, metChannel } from '../meeting/connected-event.ts';
import { driveMeeting } from '../meeting/drive-meeting.ts';
import type { MeetingContext } from '../meeting-context.ts';
import { SameSession, type Place } from '../place.ts';
import { entryByFriend, FriendDays } from '../meeting/friend-room.ts';
import { entryByCode, type RoomEntry } from '../room-entry.ts';
import { RetryDelay } from './retry-delay.ts';

/**
 * How long we are alone in the room of the session before we also look for a peer that has lost it. After a cut, the peer
 * comes to that room as we do.
 */
const ALONE_MS = 500;
/** Both have the session, and meet in its room. As long as they do not, they need not look elsewhere again. */
const SAME_SESSION_MS = 3000;

export interface RestartWatchOptions {
  readonly context: MeetingContext;
  /** How the two have met: as friends, or with a code of their own. */
  readonly known: FriendKey | Code;
  readonly place: Place;
  readonly root: Uint8Array;
}

/**
 * Meets a peer that has lost the session, because its program was started anew with the same code or friend (design
 * 3.9). It comes to the room in which the two have met first. A stranger who comes there has one guess at the code, as
 * anywhere, and ends nothing but this watch. At the secret of friends nobody can guess.
 */
export class RestartWatch {
  readonly #options: RestartWatchOptions;
  readonly #days: FriendDays;
  #guess = new Guess();

  constructor(options: RestartWatchOptions) {
    this.#options = options;
    this.#days = new FriendDays(options.place, options.context.now);
  }

  /** Whether it waits on this machine, so that no network is needed for it. */
  get isHere(): boolean {
    return this.#options.place.kind === 'here';
  }

  close(): void {
    // This machine is one place for all, also for the session that takes the place of this one.
    if (!this.isHere) {
      this.#options.place.close();
    }
  }

  /** Resolves with the first channel of another session. Rejects with the signal's reason, or for a bug. */
  async wait(signal: AbortSignal): Promise<MetChannel> {
    const delay = new RetryDelay();
    await pause(ALONE_MS, signal);
    for (;;) {
      signal.throwIfAborted();
      if (this.#guess.isSpent) {
        return forever(signal);
      }
      try {
        return await this.#meet(delay, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof SameSession) {
          // It was the peer, so nobody has guessed.
          this.#guess = new Guess();
          await pause(SAME_SESSION_MS, signal);
        } else if (error instanceof PunchlineError) {
          await pause(delay.nextMs(error, performance.now(), Math.random()), signal);
        } else {
          throw error;
        }
      }
    }
  }

  async #meet(delay: RetryDelay, signal: AbortSignal): Promise<MetChannel> {
    const { known } = this.#options;
    if ('words' in known) {
      return this.#meetIn(
        () => entryByCode(known, this.#guess),
        delay,
        () => undefined,
        signal,
      );
    }
    return this.#days.meet(signal, (day, hold, until) =>
      this.#meetIn(async () => entryByFriend(known, day), delay, hold, until),
    );
  }

  async #meetIn(
    enter: () => Promise<RoomEntry>,
    delay: RetryDelay,
    hold: () => void,
    signal: AbortSignal,
  ): Promise<MetChannel> {
    const { context, place, root } = this.#options;
    let matchedAt = 0;
    const again: MeetingContext = {
      ...context,
      place,
      search: undefined,
      session: Buffer.from(sessionId(root)).toString('base64url'),
      // Another session begins, with streams of its own.
      received: () => 0,
      // What happens here is shown only if a session comes of it.
      emit: () => undefined,
    };
    const won = await driveMeeting(
      again,
      {
        visit: (until) => place.visit(until),
        enter,
        onWaiting: () => {
          delay.met(performance.now());
          return undefined;
        },
        onMatched: (match) => {
          hold();
          delay.met(performance.now());
          ({ matchedAt } = match);
        },
        needsAnswers: true,
        reports: () => false,
      },
      signal,
    );
    return metChannel(won, matchedAt);
  }
}

/** Rejects with the signal's reason. */
function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
