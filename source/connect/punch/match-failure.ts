/** The failures that end a match without a channel. */
import { PunchlineError } from '../../errors.ts';
import type { AttemptEvent, Endpoint } from '../../events.ts';
import { TimeoutError, within } from '../../network/waiting.ts';
import type { MeetingContext } from '../meeting-context.ts';
import { PeerVanished, type Match, type Visit } from '../place.ts';
import type { PairFacts } from './pair-facts.ts';
import { hostFailure, punchFailure, relayFailure, unseenFailure } from './punch-failure.ts';
import type { PunchRace } from './punch-race.ts';
import { wrongCode } from './signalling.ts';

/** A match that has led to no channel yet. */
interface OpenMatch {
  readonly context: MeetingContext;
  readonly match: Match;
  readonly visit: Pick<Visit, 'remote'>;
  readonly race: PunchRace;
  readonly relayOnly: boolean;
  /** Where the outside sees the peer, if that is known. */
  readonly mapped: Endpoint | undefined;
  readonly attempts: readonly AttemptEvent[];
  readonly signal: AbortSignal;
}

/** Never resolves. Rejects when the greeting, or its absence, shows that no channel can come of this match. */
export function failedGreeting(
  greeted: Promise<unknown>,
  { context, match, race, signal }: OpenMatch,
): Promise<never> {
  const { waits } = context;
  const { role } = match;
  // A peer that tried another key has made the one guess of the room, so the room is not armed again.
  function vanished(cause?: unknown) {
    return race.guessed ? wrongCode(cause) : new PeerVanished(cause);
  }
  function withoutPlace(error: PunchlineError) {
    if (race.guessed) {
      return wrongCode(error);
    }
    // `b` has shown nothing yet, and the place is told that the room stays ours. So we come back to it.
    return role === 'b' && error.code === 'ERR_RENDEZVOUS_CLOSED' ? new PeerVanished(error) : error;
  }
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(() => {
      // `a` proves itself first. Until then `b` shows nothing, and waits no longer than this.
      if (role === 'b') {
        reject(vanished());
      }
    }, waits.sealMs);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
    greeted.then(
      () => clearTimeout(timer),
      (error: unknown) => {
        clearTimeout(timer);
        if (!(error instanceof PunchlineError)) {
          reject(error);
        } else if (error.code === 'ERR_PEER_LEFT') {
          reject(role === 'b' ? vanished(error) : error);
        } else if (error.code.startsWith('ERR_RENDEZVOUS_')) {
          // The place is gone, but the peer may not be. What is under way may still arrive.
          const grace = setTimeout(() => reject(withoutPlace(error)), waits.graceMs);
          signal.addEventListener('abort', () => clearTimeout(grace), { once: true });
        } else {
          reject(error);
        }
      },
    );
  });
}

/** How the three ways from a match to a channel end. */
interface WaysOut {
  readonly greeted: Promise<unknown>;
  readonly punching: Promise<void>;
  /** Resolves with why there is no relay, where that is known. */
  readonly relaying: Promise<string | undefined>;
}

/**
 * Never resolves. Rejects when the rounds are over, there is no relay either, and no socket can prove itself any
 * more.
 */
export async function exhausted(
  { greeted, punching, relaying }: WaysOut,
  open: OpenMatch,
  facts: () => PairFacts,
): Promise<never> {
  const { context, match, visit, race, relayOnly, attempts, signal } = open;
  function failure(noRelay: string | undefined) {
    // It may have become known only with the hello.
    const { mapped } = open;
    const ended = attempts.filter(({ outcome }) => outcome !== 'started');
    if (match.here === true) {
      return hostFailure(noRelay);
    }
    if (mapped === undefined && !relayOnly) {
      return unseenFailure(match, visit, noRelay);
    }
    return relayOnly || mapped === undefined
      ? relayFailure(noRelay)
      : punchFailure(mapped, ended, facts(), noRelay);
  }
  await punching;
  const noRelay = await relaying;
  // Until `a` has sealed, it may be a stranger who came for nothing. failedGreeting() decides that in time.
  if (match.role === 'b') {
    await greeted.catch(() => new Promise(() => undefined));
  }
  // If another key was tried, a seal will show it.
  if (race.idle && !race.guessed) {
    throw failure(noRelay);
  }
  try {
    await within(race.winner, context.waits.graceMs, signal);
  } catch (error) {
    if (error instanceof TimeoutError) {
      throw failure(noRelay);
    }
    throw error;
  }
  return new Promise(() => undefined);
}
