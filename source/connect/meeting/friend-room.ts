import { randomBytes } from 'node:crypto';
import type { FriendKey } from '../connect-options.ts';
import { deriveFriendKeys, friendRoom } from '../keys/friend-keys.ts';
import { Guess } from '../keys/guess.ts';
import { NONCE_BYTES } from '../keys/keys.ts';
import type { Place } from '../place.ts';
import type { RoomEntry } from '../room-entry.ts';

const DAY_MS = 24 * 60 * 60_000;
/** How often the day is looked up. A timer for midnight would come late on a machine that has slept. */
const LOOK_MS = 30_000;

/** The days since 1970-01-01 in UTC. */
export function dayAt(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** For the room of two friends on one day. Only the two can name it, and a guess at 256 bits tells nothing. */
export function entryByFriend({ secret, role }: FriendKey, day: number): RoomEntry {
  const nonce = randomBytes(NONCE_BYTES);
  return {
    room: { room: friendRoom(secret, day), slot: role, nonce },
    guess: new Guess(),
    keysOf: ({ peer }) => {
      const [nonceA, nonceB] = role === 'a' ? [nonce, peer.nonce] : [peer.nonce, nonce];
      return deriveFriendKeys(secret, { nonceA, nonceB });
    },
  };
}

/** The day is over, and the two meet in another room. */
class DayOver extends Error {}

/** The rooms of two friends, one each day. The place must not learn that the rooms of two days are of the same two. */
export class FriendDays {
  readonly #place: Pick<Place, 'renew'>;
  readonly #now: () => number;
  #day: number | undefined;

  constructor(place: Pick<Place, 'renew'>, now: () => number) {
    this.#place = place;
    this.#now = now;
  }

  /**
   * Meets the friend in today's room, and in the next one as soon as the day changes. `meet` gets the day, and is aborted at
   * midnight unless it calls `hold`: the peer has come.
   */
  async meet<T>(
    signal: AbortSignal,
    meet: (day: number, hold: () => void, until: AbortSignal) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      const day = this.#today();
      const over = new AbortController();
      const looking = setInterval(() => {
        if (dayAt(this.#now()) !== day) {
          over.abort(new DayOver('the day is over'));
        }
      }, LOOK_MS);
      try {
        return await meet(day, () => clearInterval(looking), AbortSignal.any([signal, over.signal]));
      } catch (error) {
        if (!(error instanceof DayOver)) {
          throw error;
        }
      } finally {
        clearInterval(looking);
      }
    }
  }

  #today(): number {
    const day = dayAt(this.#now());
    if (this.#day !== undefined && this.#day !== day) {
      this.#place.renew?.();
    }
    this.#day = day;
    return day;
  }
}
