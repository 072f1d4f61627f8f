import { performance } from 'node:perf_hooks';
import { monitorNetwork } from '../../network/network-monitor.ts';
import { pause } from '../../network/waiting.ts';
import { driveMeeting, type MeetingPlan } from '../meeting/drive-meeting.ts';
import type { MeetingContext } from '../meeting-context.ts';
import type { WonChannel } from '../punch/establish-channel.ts';
import { entryByRoot } from '../room-entry.ts';
import { dialInTurns } from './dial-in-turns.ts';
import { RetryDelay } from './retry-delay.ts';

/** Rounds of punching before we visit the place again, because the network of either side may have changed. */
const ATTEMPTS = 3;

/** What a meeting has to know of an earlier one. */
export type Session = Pick<WonChannel, 'role'> & { readonly keys: Pick<WonChannel['keys'], 'root'> };

/**
 * Finds a new channel for a session that has lost its own. The two peers meet
 * in a room that only they can name, dial from new ports, and take keys from
 * the root. Tries until there is a channel; rejects only with the signal's reason.
 */
export async function reconnect(
  context: MeetingContext,
  { role, keys: { root } }: Session,
  signal: AbortSignal,
): Promise<WonChannel> {
  const { place } = context;
  const again: MeetingContext = { ...context, attempts: ATTEMPTS, name: undefined };
  const delay = new RetryDelay();
  const plan: MeetingPlan = {
    visit: (until) => dialInTurns((either) => place.visit(either), until),
    enter: async () => entryByRoot(root, role),
    onWaiting: () => {
      delay.met(performance.now());
      return undefined;
    },
    onMatched: () => delay.met(performance.now()),
    needsAnswers: true,
    reports: () => false,
  };
  for (;;) {
    try {
      return await driveMeeting(again, plan, signal);
    } catch (error) {
      signal.throwIfAborted();
      await pause(delay.nextMs(error, performance.now(), Math.random()), signal);
      signal.throwIfAborted();
    }
  }
}

interface PeerSearchListener {
  readonly onWon: (channel: WonChannel) => void;
  /** The program has a bug: an expected failure leads to another try. */
  readonly onBug: (error: Error) => void;
}

/** Looks for another channel, until there is one or the old one revives. */
export class PeerSearch {
  readonly #context: MeetingContext;
  readonly #listener: PeerSearchListener;
  #search: AbortController | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(context: MeetingContext, listener: PeerSearchListener) {
    this.#context = context;
    this.#listener = listener;
  }

  get underWay(): boolean {
    return this.#search !== undefined;
  }

  /** Goes back to the place after `delayMs`, with the role and the root of the first channel. */
  start(session: Session, delayMs: number): void {
    this.#seek(session, delayMs);
    // After this machine was asleep or has moved, a meeting that is under way leads nowhere. So we begin anew, at once.
    this.#stopWatching = monitorNetwork(() => {
      this.#search?.abort();
      this.#seek(session, 0);
    });
  }

  stop(): void {
    this.#search?.abort();
    this.#end();
  }

  #end(): void {
    this.#search = undefined;
    this.#stopWatching?.();
  }

  #seek(session: Session, delayMs: number): void {
    const search = new AbortController();
    const { signal } = search;
    this.#search = search;
    const { onWon, onBug } = this.#listener;
    const context: MeetingContext = {
      ...this.#context,
      emit: (happening) => {
        if (!signal.aborted) {
          this.#context.emit(happening);
        }
      },
    };
    pause(delayMs, signal)
      .then(() => reconnect(context, session, signal))
      .then(
        (channel) => {
          if (signal.aborted) {
            channel.link.destroy();
            return;
          }
          this.#end();
          onWon(channel);
        },
        (error: unknown) => {
          if (!signal.aborted) {
            onBug(error instanceof Error ? error : new Error(String(error)));
          }
        },
      );
  }
}
