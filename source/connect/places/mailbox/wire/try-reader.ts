import { hexOf, decodeBody, parsePhase, type RoomMessage } from './room-messages.ts';
import { MessageOrder } from './message-order.ts';
import type { Found, Posted } from './room-entrance.ts';

/** A message of the peer, or the echo of one of ours. */
export interface Read {
  readonly from: 'peer' | 'us';
  readonly message: RoomMessage;
}

/**
 * Reads what belongs to one try: the messages of the peer in their order and each once, and the echoes of ours as they
 * come. All else is dropped before anything in it is used.
 */
export class TryReader {
  readonly #own: { readonly side: string };
  readonly #found: Found;
  readonly #order = new MessageOrder<RoomMessage>();

  constructor(own: { readonly side: string }, found: Found) {
    this.#own = own;
    this.#found = found;
  }

  read({ side, phase: text, body }: Posted): Read[] {
    const { peerSide, role, nonce, try: ours } = this.#found;
    const from = side === peerSide ? 'peer' : side === this.#own.side ? 'us' : undefined;
    const phase = parsePhase(text);
    if (from === undefined || phase === undefined) {
      return [];
    }
    if ('nonce' in phase) {
      // The peer has come again, so it has left this try.
      const isAnother = from === 'peer' && hexOf(phase.nonce) !== hexOf(nonce) && this.#isNew(phase.count);
      return isAnother ? [{ from, message: { t: 'leave' } }] : [];
    }
    const isOfTry =
      hexOf(phase.nonceA) === hexOf(ours.nonceA) &&
      hexOf(phase.nonceB) === hexOf(ours.nonceB) &&
      (phase.role === role) === (from === 'us');
    const message = isOfTry ? decodeBody(body) : undefined;
    if (message === undefined) {
      return [];
    }
    return from === 'us'
      ? [{ from, message }]
      : this.#order.put(phase.count, message).map((one) => ({ from, message: one }));
  }

  /** Whether a first message of the peer is newer than the one that we have met. */
  #isNew(count: number): boolean {
    return count > this.#found.count;
  }
}
