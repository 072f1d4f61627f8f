import { PunchlineError } from '../../errors.ts';
import { pause } from '../../network/waiting.ts';
import type { Visit } from '../place.ts';
import type { WonChannel } from '../punch/establish-channel.ts';

/** How often the place is asked whether it is still there, and how long it may take. */
const PULSE_MS = 1000;
const PULSE_TIMEOUT_MS = 2000;

/**
 * What comes of a meeting, as long as the place is there. The peer may take
 * minutes; but a place that has become unreachable, or has sent us away, must
 * be noticed within seconds: our link may be back since.
 */
export async function whileAlive(
  visit: Visit,
  place: string,
  signal: AbortSignal,
  work: (alive: AbortSignal) => Promise<WonChannel>,
): Promise<WonChannel> {
  const over = new AbortController();
  const alive = AbortSignal.any([signal, over.signal]);
  const working = work(alive);
  try {
    return await Promise.race([working, silenceOf(visit, place, alive)]);
  } catch (error) {
    // Also a channel that is won in the same moment.
    void working.then(
      ({ link }) => link.destroy(),
      () => undefined,
    );
    throw error;
  } finally {
    over.abort();
  }
}

/** Rejects when the place is gone or answers no more. */
async function silenceOf(visit: Visit, place: string, signal: AbortSignal): Promise<never> {
  for (;;) {
    await pause(PULSE_MS, signal);
    signal.throwIfAborted();
    if (await visit.answers(PULSE_TIMEOUT_MS)) {
      continue;
    }
    signal.throwIfAborted();
    throw new PunchlineError('ERR_RENDEZVOUS_CLOSED', `the rendezvous ${place} does not answer any more`);
  }
}
