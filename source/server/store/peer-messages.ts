import type { PeerMessage } from '../rooms/matchmaker.ts';

/** Messages of one match that are kept to be sent again: candidates and rounds, a few dozen at most. */
const maxKept = 64;

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
    if (this.#kept.length > maxKept) this.#kept.shift();
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
    if (n <= this.#got || this.#askedAfter === this.#got) return 'known';
    this.#askedAfter = this.#got;
    return 'gap';
  }
}
