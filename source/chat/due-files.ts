import type { Happening } from '../events.ts';

/**
 * Finds out from the events of a chat whether a file that was to be sent or
 * received was not, because of the other side or a fault. What this side
 * declines or cancels is as it wants it.
 */
export class DueFiles {
  readonly #takesAll: boolean;
  /** The offers of the peer that were accepted and are not over. */
  readonly #accepted = new Set<string>();
  #listing = 0;
  #isMissing = false;

  /** @param takesAll whether every offer is accepted. Then one that is declined is so for a fault in it. */
  constructor(takesAll: boolean) {
    this.#takesAll = takesAll;
  }

  /** Whether a file is missing at the end. A peer that has left is not offered what is still being listed. */
  isMissing(hasPeerLeft: boolean): boolean {
    return this.#isMissing || (hasPeerLeft && this.#listing > 0);
  }

  /** A file is being listed, to be sent in any case. Resolves with whether it could be offered. */
  willOffer(offered: Promise<boolean>): void {
    this.#listing += 1;
    void offered.then((isOffered) => {
      this.#listing -= 1;
      this.#isMissing ||= !isOffered;
    });
  }

  happened(event: Happening): void {
    if (event.event === 'refused') {
      this.#isMissing ||= this.#takesAll;
    }
    if (event.event !== 'file') {
      return;
    }
    const { id, direction, state, by, missing, unreadable } = event;
    if (state === 'accepted') {
      this.#accepted.add(id);
    }
    if (state === 'offered' || state === 'accepted' || state === 'progress') {
      return;
    }
    const wasAccepted = this.#accepted.delete(id);
    const isPartial = missing !== undefined || unreadable !== undefined;
    const isDue = direction === 'sent' || wasAccepted || this.#takesAll;
    const isWanted = state === 'done' ? !isPartial : state === 'cancelled' && by === 'me';
    this.#isMissing ||= isDue && !isWanted;
  }
}
