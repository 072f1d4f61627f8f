import { addressClass, destinationOf } from '../../../network/address.ts';
import { MAX_BURSTS } from '../../../protocol/peer-limits.ts';

/**
 * Bounds what a session that is lost again and again costs the address of the
 * peer, which others may share. A burst is 1,024 SYNs or 60 KB, so two of
 * them in this time are 4 KB/s.
 */
const REST_MS = 30_000;

/** How much one side dials in a spray. */
export interface SpraySize {
  /** The dials of a burst. */
  readonly dials: number;
  /** The sockets of a fan. */
  readonly sockets: number;
}

/**
 * With so many dials on one side and so many sockets on the other, two meet with 98 % (design 4.7). A smaller size
 * shows how often fewer of them meet. A larger one would cost others more than a session may cost them.
 */
export const wholeSpray: SpraySize = { dials: 1024, sockets: 256 };

/** What one side of a session may still dial: its own bursts, and fans that meet the peer's bursts. */
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
 * How many bursts (or fans) one side of a session may still dial. A place names
 * the address and may lie, so it could make us spray a third party over and
 * over. Therefore a session has two for any address. It has two more for each
 * channel that was lost, but only to the address from which the last channel was
 * proven, which is the peer's, and not before 30 s have passed since the last.
 * Time comes in as ms of any monotonic clock.
 */
export class SprayBudget {
  #anywhere = MAX_BURSTS;
  /** For the proven address only, when they are due. */
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

  /** One to this address begins now. */
  spend(address: string, nowMs: number): void {
    this.#lastBurstAt = nowMs;
    if (address === this.#proven && this.#again > 0) {
      this.#again -= 1;
    } else {
      this.#anywhere = Math.max(0, this.#anywhere - 1);
    }
  }

  /** We have won a channel to the peer at this address. */
  prove(address: string): void {
    if (address !== this.#proven) {
      this.#again = 0;
    }
    this.#proven = address;
    this.#isDue = true;
  }
}

/**
 * Whether a peer's mapped address may be sprayed. A burst goes only to global
 * unicast addresses, and never to the place itself (design 3.5).
 */
export function mayBeSprayed(address: string, serverAddress: string | undefined): boolean {
  return (
    addressClass(address) === 'global' &&
    (serverAddress === undefined || destinationOf(address) !== destinationOf(serverAddress))
  );
}
