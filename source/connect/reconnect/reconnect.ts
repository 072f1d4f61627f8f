import { performance } from 'node:perf_hooks';
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
