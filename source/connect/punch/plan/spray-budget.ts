import { addressClass, destinationOf } from '../../../network/address.ts';
import { MAX_BURSTS } from '../../../protocol/sealed-messages.ts';

/**
 * Bounds what a session that is lost again and again costs whoever else has the
 * peer's address: a burst is 1,024 SYNs, 60 KB, and so no more than 4 KB/s.
 */
const REST_MS = 30_000;

/** What one side of a session has left to dial: bursts of its own, and fans that meet the peer's bursts. */
export interface SprayBudgets {
  readonly bursts: SprayBudget;
  readonly fans: SprayBudget;
}

export function createSprayBudgets(): SprayBudgets {
  return {
    bursts: new SprayBudget(),
    fans: new SprayBudget(),
  };
}

/**
 * How many bursts (or fans) one side of a session may still dial. The danger is
 * to be made to spray a third party over and over: the rendezvous names the
 * address, and may lie. So there are two in a session for any address, and two
 * more for each channel that was lost, if they go to the address from which the
 * last channel was proven: that one is the peer's. Those come 30 s after the
 * last at the earliest. Pure: time comes in, in ms of any steady clock.
 */
export class SprayBudget {
  #anywhere = MAX_BURSTS;
  /** For the proven address alone, once they are due. */
  #again = 0;
  #proven: string | undefined;
  #isDue = false;
  #lastBurstAt = -Infinity;

  left(address: string, nowMs: number): number {
    if (address !== this.#proven) {
      return this.#anywhere;
    }
    if (this.#isDue && nowMs - this.#lastBurstAt >= REST_MS) {
      this.#isDue = false;
      this.#again = MAX_BURSTS;
    }
    return Math.min(MAX_BURSTS, this.#again + this.#anywhere);
  }

  /** One to this address begins. */
  spend(address: string, nowMs: number): void {
    this.#lastBurstAt = nowMs;
    if (address === this.#proven && this.#again > 0) {
      this.#again -= 1;
    } else {
      this.#anywhere = Math.max(0, this.#anywhere - 1);
    }
  }

  /** A channel to the peer at this address was won. */
  prove(address: string): void {
    if (address !== this.#proven) {
      this.#again = 0;
    }
    this.#proven = address;
    this.#isDue = true;
  }
}

/**
 * Whether a peer's mapped address may be sprayed: a burst of dials goes to
 * global unicast addresses alone, and never to the rendezvous, which could be
 * made to attack itself (design 3.5).
 */
export function mayBeSprayed(address: string, serverAddress: string): boolean {
  return addressClass(address) === 'global' && destinationOf(address) !== destinationOf(serverAddress);
}
