import { PunchlineError } from '../../errors.ts';
import { pause } from '../../network/waiting.ts';
import type { Visit } from '../place.ts';
import type { WonChannel } from '../punch/establish-channel.ts';

/** How often we ask the place whether it is still there. */
const PULSE_MS = 1000;
/** How long the place may take to answer. */
const PULSE_TIMEOUT_MS = 2000;

/**
 * Runs a meeting for as long as the place answers. The peer may take minutes.
 * But we must notice within seconds that a place cannot be reached any more, or
 * has sent us away: our link may have come back since.
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
    // A channel may be won at the same moment.
    void working.then(
      ({ link }) => link.destroy(),
      () => undefined,
    );
    throw error;
  } finally {
    over.abort();
  }
}

/** Rejects when the place is gone or does not answer any more. */
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
