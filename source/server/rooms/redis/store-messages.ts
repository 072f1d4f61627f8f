import type { ErrorCode } from '../../../errors.ts';
import type { PeerMessage } from '../matchmaker.ts';

/** What the script tells a seat. `own` and `peer` are JSON, which the store passes on unread. */
export type StoreEvent =
  | { readonly kind: 'opened'; readonly number: number; readonly token: string }
  /** The seat is a guest in a room whose owner is expected, and is held for this long. */
  | { readonly kind: 'held'; readonly ms: number }
  | { readonly kind: 'waiting'; readonly matches?: number }
  | {
      readonly kind: 'matched';
      readonly role: 'a' | 'b';
      readonly session: string;
      readonly own: string;
      readonly peer: string;
      /** The peer's seat, to which messages to the peer go. */
      readonly peerAt: string;
      readonly matches?: number;
    }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string; readonly again?: true }
  /** No number is left for this share of the seat, counted from 1; without it, none at all. */
  | { readonly kind: 'full'; readonly share?: number }
  /** The store had lost this seat's room, and another client has its number now. */
  | { readonly kind: 'retry' };

/** What the two seats of a match tell each other without the script. */
export type FromPeer =
  | {
      readonly kind: 'message';
      readonly session: string;
      readonly from: string;
      readonly n: number;
      readonly message: PeerMessage;
    }
  | { readonly kind: 'again'; readonly session: string; readonly after: number }
  /** The seat to which a round was sent has left, or has gone to another room. */
  | { readonly kind: 'absent'; readonly session: string };

/** A message on the channel of a process, with the seat that it is for. */
export type StoreMessage = (StoreEvent | FromPeer) & { readonly to: string };

/** Messages of one match that are kept to be sent again. There are a few dozen candidates and rounds at most. */
const MAX_KEPT = 64;

export interface NumberedMessage {
  readonly n: number;
  readonly message: PeerMessage;
}

/**
 * The messages between two seats of a match, which go over channels. A channel
 * loses what comes while nobody listens, and a sealed message that is missing
 * would look like a wrong code. So messages are numbered, kept, and sent again
 * on request.
 */
export class PeerMessages {
  readonly #kept: NumberedMessage[] = [];
  #sent = 0;
  #got = 0;
  #askedAfter = -1;

  /** The number of the last message that was received in order. */
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

  /** Hand over the message of this number (`next`), ignore it (`known`), or ask once for those before it (`gap`). */
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
