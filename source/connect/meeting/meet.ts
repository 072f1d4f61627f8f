import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { PunchlineError } from '../../errors.ts';
import { pause, TimeoutError } from '../../network/waiting.ts';
import { formatCode, generateWords, type Code } from '../../protocol/code.ts';
import { formatInvite } from '../../protocol/invite.ts';
import { type MetChannel, metChannel } from './connected-event.ts';
import { driveMeeting, loadPunching } from './drive-meeting.ts';
import { Guess } from '../keys/guess.ts';
import type { MeetingContext } from '../meeting-context.ts';
import type { Visit } from '../place.ts';
import { entryByCode } from '../room-entry.ts';
import { RoomRetry, type NextStep } from './room-retry.ts';

/**
 * Finds the peer and wins the first channel of a session, in as many visits to the place as it takes. Emits what
 * happens on the way. Throws PunchlineError, or the signal's reason. No socket stays but the winner's.
 */
export async function meet(context: MeetingContext, signal: AbortSignal): Promise<MetChannel> {
  const meeting = new FirstMeeting(context);
  for (;;) {
    try {
      return await meeting.once(signal);
    } catch (error) {
      await meeting.pauseAfter(error, signal);
    }
  }
}

class FirstMeeting {
  readonly #context: MeetingContext;
  readonly #startedAt = performance.now();
  /** One guess for all shares together. */
  readonly #guess = new Guess();
  readonly #retry: RoomRetry;
  /** Of the room that we opened. */
  #ownCode: Code | undefined;
  /** The invite that was told last. */
  #told: string | undefined;

  constructor(context: MeetingContext) {
    this.#context = context;
    this.#retry = new RoomRetry(context);
  }

  async once(signal: AbortSignal): Promise<MetChannel> {
    const { place } = this.#context;
    const guess = this.#guess;
    const retry = this.#retry;
    const known = this.#context.code ?? this.#ownCode;
    let entry: ReturnType<typeof entryByCode> | undefined;
    let matchedAt = 0;
    const won = await driveMeeting(
      this.#context,
      {
        visit: (until) => {
          const visiting = place.visit(until);
          // Computed during the handshake, but after its SYN has left: the handshake's duration is our round trip to the
          // place.
          entry = known && turn().then(() => entryByCode(known, guess));
          entry?.then(loadPunching).catch(() => undefined);
          return visiting;
        },
        enter: async (visit, until) => {
          if (entry === undefined) {
            return entryByCode(await this.#openRoom(visit, until), guess);
          }
          this.#tellAgreed();
          return entry;
        },
        onWaiting: () => {
          retry.waiting(performance.now());
          return retry.leftMs(performance.now());
        },
        onMoved: () => this.#tellMoved(),
        onMatched: (match) => {
          ({ matchedAt } = match);
          retry.matched(matchedAt, match.spendsRoom);
        },
        needsAnswers: false,
        reports: (failure) => !retry.keepsRoom(failure, guess.isSpent),
      },
      signal,
    );
    // The side that waited measures from the match, even if it came back later and was matched at once.
    const hasWaited = won.role === 'b' || retry.hasWaited;
    return metChannel(won, hasWaited ? matchedAt : this.#startedAt);
  }

  /** The place gives the number. The words never leave this program but in the invite. */
  async #openRoom(visit: Visit, signal: AbortSignal): Promise<Code> {
    const code = { number: await visit.openRoom(signal), words: generateWords(randomInt) };
    this.#ownCode = code;
    this.#retry.opened();
    this.#tellInvite(code);
    return code;
  }

  /** The peer knows an agreed code, but not where this machine is. */
  #tellAgreed(): void {
    const { place, code } = this.#context;
    if (place.kind === 'here' && code !== undefined && this.#told === undefined) {
      this.#tellInvite(code);
    }
  }

  /** What was passed on may not lead here any more. */
  #tellMoved(): void {
    const { code = this.#ownCode, place } = this.#context;
    if (code !== undefined && formatInvite({ code, server: place.addresses }) !== this.#told) {
      this.#tellInvite(code);
    }
  }

  #tellInvite(code: Code): void {
    const { place, emit } = this.#context;
    const { kind, addresses, hint } = place;
    this.#told = formatInvite({ code, server: addresses });
    emit({
      event: 'invite',
      code: formatCode(code),
      invite: this.#told,
      ...(kind === 'here' && { reach: addresses.length === 0 ? 'local network' : 'anywhere' }),
      ...(hint !== undefined && { hint }),
    });
  }

  /** Resolves when it is time for the next visit. Throws if there is none. */
  async pauseAfter(error: unknown, signal: AbortSignal): Promise<void> {
    const next = this.#retry.next(error, {
      now: performance.now(),
      chance: Math.random(),
      isGuessSpent: this.#guess.isSpent,
      isOwnRoom: this.#ownCode !== undefined,
    });
    if (next.step === 'visit' || next.step === 'expire') {
      await pause(next.inMs, signal);
      signal.throwIfAborted();
    }
    if (next.step !== 'visit') {
      throw this.#lastError(error, next.step);
    }
  }

  #lastError(error: unknown, step: NextStep['step']): unknown {
    const { place, waitMs = 0 } = this.#context;
    if (step === 'expire' || error instanceof TimeoutError) {
      return new PunchlineError('ERR_WAIT_EXPIRED', `nobody came within ${waitMs / 60_000} min`, {
        hint: 'Agree on a time with your peer, or wait longer with --wait.',
      });
    }
    if (step === 'room lost') {
      return new PunchlineError(
        'ERR_NO_SUCH_ROOM',
        `the rendezvous ${place.name} has lost our room ${this.#ownCode?.number}, and does not give it back`,
        { hint: 'Its code is not valid any more. Open a new room, and pass its invite on.', cause: error },
      );
    }
    if (this.#ownCode !== undefined && error instanceof PunchlineError && error.exitCode === 3) {
      return new PunchlineError(error.code, error.message, {
        hint: `${error.hint} The code that you have passed on is not valid any more.`,
        cause: error,
      });
    }
    return error;
  }
}
