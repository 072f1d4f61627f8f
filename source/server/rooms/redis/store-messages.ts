import type { ErrorCode } from '../../../errors.ts';
import type { PeerMessage } from '../matchmaker.ts';

/** What the script tells a seat. Comers are texts: the store passes them on as they are. */
export type StoreEvent =
  | { readonly kind: 'opened'; readonly number: number; readonly token: string }
  /** In a room whose owner is expected: for this long. */
  | { readonly kind: 'held'; readonly ms: number }
  | { readonly kind: 'waiting'; readonly matches?: number }
  | {
      readonly kind: 'matched';
      readonly role: 'a' | 'b';
      readonly session: string;
      readonly own: string;
      readonly peer: string;
      /** The peer's seat, for all that goes from one to the other. */
      readonly peerAt: string;
      readonly matches?: number;
    }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  /** No number is left: of this seat's share, counted from 1, or of all. */
  | { readonly kind: 'full'; readonly share?: number }
  /** The store has lost this seat's room, and another has it. */
  | { readonly kind: 'retry' };

/** What one seat of a match tells the other without the script. */
export type FromPeer =
  | {
      readonly kind: 'message';
      readonly session: string;
      readonly from: string;
      readonly n: number;
      readonly message: PeerMessage;
    }
  | { readonly kind: 'again'; readonly session: string; readonly after: number }
  /** Nobody is at the seat to which a round was sent. */
  | { readonly kind: 'absent'; readonly session: string };

/** On a process's channel: to which of its seats. */
export type StoreMessage = (StoreEvent | FromPeer) & { readonly to: string };

/** Messages of one match that are kept to be sent again: candidates and rounds, a few dozen at most. */
const MAX_KEPT = 64;

export interface NumberedMessage {
  readonly n: number;
  readonly message: PeerMessage;
}

/**
 * What goes from one seat of a match to the other by way of channels. They
 * lose what comes while nobody listens, and a seal that is missing would look
 * like another code: so messages are numbered, kept, and sent again on request.
 */
export class PeerMessages {
  readonly #kept: NumberedMessage[] = [];
  #sent = 0;
  #got = 0;
  #askedAfter = -1;

  /** The number of the last message that came. */
  get got(): number {
    return this.#got;
  }

  number(message: PeerMessage): NumberedMessage {
    const numbered = { n: (this.#sent += 1), message };
    this.#kept.push(numbered);
    if (this.#kept.length > MAX_KEPT) {
      this.#kept.shift();
    }
    return numbered;
  }

  after(n: number): readonly NumberedMessage[] {
    return this.#kept.filter((one) => one.n > n);
  }

  /** What to do with the message of this number: hand it over, forget it, or ask for those before it, once. */
  receive(n: number): 'next' | 'known' | 'gap' {
    if (n === this.#got + 1) {
      this.#got = n;
      return 'next';
    }
    if (n <= this.#got || this.#askedAfter === this.#got) {
      return 'known';
    }
    this.#askedAfter = this.#got;
    return 'gap';
  }
}
