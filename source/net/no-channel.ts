/** What ends a punch without a channel. */
import { PunchlineError } from '../errors.ts';
import { wrongCode } from '../connect/rendezvous/signalling.ts';
import { PeerVanished } from './peer-vanished.ts';
import type { Race } from '../connect/punch/race.ts';
import type { WinOptions } from '../connect/punch/establish-channel.ts';
import { TimeoutError, within } from '../network/waiting.ts';

/** Never resolves: it rejects when the greeting shows that no channel can come of this match. */
export function failedGreeting(
  greeted: Promise<unknown>,
  race: Race,
  { match: { role }, waits, signal }: WinOptions,
): Promise<never> {
  // Who tried a key has had the one guess of the room, without any seal: it is not armed again.
  const vanished = (cause?: unknown) => (race.guessed ? wrongCode(cause) : new PeerVanished(cause));
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(() => {
      // `a` proves itself first; until it has, `b` shows nothing, and waits no longer than this.
      if (role === 'b') reject(vanished());
    }, waits.sealMs);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
    greeted.then(
      () => clearTimeout(timer),
      (error: unknown) => {
        clearTimeout(timer);
        if (!(error instanceof PunchlineError)) reject(error);
        else if (error.code === 'ERR_PEER_LEFT') reject(role === 'b' ? vanished(error) : error);
        else if (error.code.startsWith('ERR_RENDEZVOUS_')) {
          // The server is gone, the peer may not be: what is under way may still arrive.
          const grace = setTimeout(() => reject(race.guessed ? wrongCode(error) : error), waits.graceMs);
          signal.addEventListener('abort', () => clearTimeout(grace), { once: true });
        } else reject(error);
      },
    );
  });
}

export interface Ways {
  readonly greeted: Promise<unknown>;
  readonly punching: Promise<void>;
  /** Why there is no relay, where that is known. */
  readonly relaying: Promise<string | undefined>;
}

/**
 * Never resolves: it rejects when the rounds are over, there is no relay either, and nothing is on its way to be
 * proven any more.
 */
export async function exhausted(
  { greeted, punching, relaying }: Ways,
  race: Race,
  { match: { role }, waits, signal }: WinOptions,
  failure: (noRelay: string | undefined) => PunchlineError,
): Promise<never> {
  await punching;
  const noRelay = await relaying;
  // Until `a` has sealed, it may be a stranger who came for nothing: that is for failedGreeting() to tell, in time.
  if (role === 'b') await greeted.catch(() => new Promise(() => undefined));
  // Where another key was tried, a seal is about to say so.
  if (race.idle && !race.guessed) throw failure(noRelay);
  try {
    await within(race.winner, waits.graceMs, signal);
  } catch (error) {
    if (error instanceof TimeoutError) throw failure(noRelay);
    throw error;
  }
  return new Promise(() => undefined);
}
