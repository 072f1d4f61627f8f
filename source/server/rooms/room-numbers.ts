import { FIRST_OWN_NUMBER } from '../../protocol/rendezvous-messages.ts';
import type { Limits } from '../limits.ts';
import { refusal, shownTime, type Refusal } from '../admission/refusal.ts';
import type { Share, Shares } from '../admission/shares.ts';

type NumberLimits = Pick<Limits, 'numbersPerAddress' | 'numberRestMs'>;

/** `open` gives out the numbers from 1 to this one. Numbers of agreed codes are above. */
const GIVEN_NUMBERS = FIRST_OWN_NUMBER - 1;

/** `share` has used up its numbers. If it is undefined, no number at all is left. */
export function numbersRefusal(
  share: Share | undefined,
  { numbersPerAddress, numberRestMs }: NumberLimits,
): Refusal {
  const orElse = `, or agree on a code with a number of ${FIRST_OWN_NUMBER} or more`;
  if (share === undefined) {
    const full = `this rendezvous is full: its ${GIVEN_NUMBERS} room numbers are in use or at rest`;
    return { reason: 'numbers', message: `${full}; come again in ${shownTime(numberRestMs)}${orElse}` };
  }
  const reached = { share, limit: numbersPerAddress * share.times, comeAgainMs: numberRestMs };
  const { reason, message } = refusal('address-numbers', reached, 'room numbers in use or at rest');
  return { reason, message: `${message}${orElse}` };
}

/**
 * Gives each new room the lowest number that is free and has rested, and counts
 * the numbers of each share, in use and at rest. Time comes in as a value, in
 * milliseconds of any clock that only goes forward.
 */
export class RoomNumbers {
  readonly #limits: NumberLimits;
  /** The shares that each number counts for, as long as it is in use or rests. */
  readonly #owners = new Map<number, Shares>();
  /** How many numbers a share has, by its key. */
  readonly #counts = new Map<string, number>();
  /** The time since which each number rests. The oldest is first, because a Map keeps the order of insertion. */
  readonly #resting = new Map<number, number>();
  /** No lower number is available. Only the end of a rest lowers it. */
  #searchFrom = 1;

  constructor(limits: NumberLimits) {
    this.#limits = limits;
  }

  allocate(shares: Shares, now: number): number | Refusal {
    const refused = this.refusalFor(shares, now);
    if (refused !== undefined) {
      return refused;
    }
    while (this.#owners.has(this.#searchFrom)) {
      this.#searchFrom += 1;
    }
    if (this.#searchFrom > GIVEN_NUMBERS) {
      return numbersRefusal(undefined, this.#limits);
    }
    this.take(this.#searchFrom, shares);
    return this.#searchFrom;
  }

  /** Why these shares may not have another number; undefined if they may. */
  refusalFor(shares: Shares, now: number): Refusal | undefined {
    this.#wake(now);
    const full = shares.find(
      ({ key, times }) => (this.#counts.get(key) ?? 0) >= this.#limits.numbersPerAddress * times,
    );
    return full && numbersRefusal(full, this.#limits);
  }

  /** The number must be free. */
  take(number: number, shares: Shares): void {
    this.#owners.set(number, shares);
    for (const { key } of shares) {
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    }
  }

  rests(number: number, now: number): boolean {
    this.#wake(now);
    return this.#resting.has(number);
  }

  /** The room of this number has ended, and its rest begins. */
  release(number: number, now: number): void {
    this.#wake(now);
    this.#resting.set(number, now);
  }

  #wake(now: number): void {
    for (const [number, releasedAt] of this.#resting) {
      if (now - releasedAt < this.#limits.numberRestMs) {
        return;
      }
      this.#resting.delete(number);
      for (const { key } of this.#owners.get(number) ?? []) {
        this.#giveBack(key);
      }
      this.#owners.delete(number);
      this.#searchFrom = Math.min(this.#searchFrom, number);
    }
  }

  #giveBack(key: string): void {
    const left = (this.#counts.get(key) ?? 0) - 1;
    if (left > 0) {
      this.#counts.set(key, left);
    } else {
      this.#counts.delete(key);
    }
  }
}
