import { performance } from 'node:perf_hooks';
import { pause } from '../../network/waiting.ts';
import type { MetChannel } from '../meeting/connected-event.ts';
import { driveMeeting, type MeetingPlan } from '../meeting/drive-meeting.ts';
import type { MeetingContext } from '../meeting-context.ts';
import type { WonChannel } from '../punch/establish-channel.ts';
import { entryByRoot } from '../room-entry.ts';
import { dialInTurns } from './dial-in-turns.ts';
import type { RestartWatch } from './restart-watch.ts';
import { RetryDelay } from './retry-delay.ts';

/** Rounds of punching before we visit the place again, because the network of either side may have changed. */
const ATTEMPTS = 3;

/** What a meeting has to know of an earlier one. */
export type Session = Pick<WonChannel, 'role'> & { readonly keys: Pick<WonChannel['keys'], 'root'> };

/** What came of the search. */
export type Found =
  | { readonly won: WonChannel }
  /** The peer had lost the session, and this is the first channel of another one. */
  | { readonly restarted: MetChannel };

/**
 * Finds a new channel for a session that has lost its own. The two peers meet
 * in a room that only they can name, dial from new ports, and take keys from
 * the root. As long as nobody else is there, `watch` looks for a peer that has
 * lost the session. Tries until there is a channel; rejects only with the
 * signal's reason.
 */
export async function reconnect(
  context: MeetingContext,
  { role, keys: { root } }: Session,
  watch: Pick<RestartWatch, 'wait' | 'isHere'> | undefined,
  signal: AbortSignal,
): Promise<Found> {
  const { place } = context;
  const again: MeetingContext = { ...context, attempts: ATTEMPTS, name: undefined };
  const delay = new RetryDelay();
  const restarted = Promise.withResolvers<MetChannel>();
  let looking: AbortController | undefined;
  function look() {
    if (watch === undefined || looking !== undefined) {
      return;
    }
    looking = new AbortController();
    const { signal: until } = looking;
    watch.wait(AbortSignal.any([signal, until])).then(restarted.resolve, (error: unknown) => {
      if (!until.aborted && !signal.aborted) {
        restarted.reject(error);
      }
    });
  }
  function stopLooking() {
    looking?.abort();
    looking = undefined;
  }
  const plan: MeetingPlan = {
    visit: (until) => dialInTurns((either) => place.visit(either), until),
    enter: async () => entryByRoot(root, role),
    onWaiting: () => {
      delay.met(performance.now());
      look();
      return undefined;
    },
    onMatched: () => {
      delay.met(performance.now());
      stopLooking();
    },
    needsAnswers: true,
    reports: () => false,
  };
  for (;;) {
    if (watch?.isHere === true) {
      look();
    }
    try {
      return await firstOf(restarted.promise, (until) => driveMeeting(again, plan, until), signal);
    } catch (error) {
      signal.throwIfAborted();
      // A place that we do not reach would not be reached there either.
      if (watch?.isHere !== true) {
        stopLooking();
      }
      await pause(delay.nextMs(error, performance.now(), Math.random()), signal);
      signal.throwIfAborted();
    }
  }
}

/** The other one ends, and leaves no channel. */
async function firstOf(
  restarted: Promise<MetChannel>,
  meet: (until: AbortSignal) => Promise<WonChannel>,
  signal: AbortSignal,
): Promise<Found> {
  const over = new AbortController();
  const meeting = meet(AbortSignal.any([signal, over.signal]));
  try {
    const found = await Promise.race([
      meeting.then((won) => ({ won })),
      restarted.then((met) => ({ restarted: met })),
    ]);
    const other: Promise<WonChannel> = 'won' in found ? restarted : meeting;
    other.then(
      ({ link }) => link.destroy(),
      () => undefined,
    );
    return found;
  } finally {
    over.abort();
  }
}
