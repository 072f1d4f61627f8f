import type { RefusedEvent } from '../../events.ts';
import type { Receiving } from './receiving.ts';

/** How often refused offers are told and counted from 0 again. Nobody reads what is told more often. */
const EVERY_MS = 1000;
/** Bounds the offers of one second. It is ten times as many as may be open, for a script that offers file after file. */
const MAX_OFFERS = 1000;

export interface OfferPaceListener {
  tell(event: RefusedEvent): void;
  /** More offers may be read. */
  onRoom(): void;
}

/** Bounds how many offers are read, and tells of offers that are refused at once: the first by its name, the others as a number. */
export class OfferPace {
  readonly #listener: OfferPaceListener;
  /** Counts of the present second. */
  #heard = 0;
  #declined = 0;
  #reason = '';
  /** Whether one was told by its name, and every second since has had a refusal. */
  #hasNamed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(listener: OfferPaceListener) {
    this.#listener = listener;
  }

  /** Whether no more offers should be read in this second. */
  get isExceeded(): boolean {
    return this.#heard >= MAX_OFFERS;
  }

  heard(): void {
    this.#heard += 1;
    this.#timer ??= setInterval(() => this.#nextSecond(), EVERY_MS);
  }

  /** An offer is declined before anybody was told of it. */
  declined(
    { teller, hidden, unreadable }: Pick<Receiving, 'teller' | 'hidden' | 'unreadable'>,
    reason: string,
  ): void {
    if (this.#hasNamed) {
      this.#declined += 1;
      this.#reason = reason;
      return;
    }
    this.#hasNamed = true;
    teller.say('offered', { ...hidden, ...unreadable });
    teller.say('declined', { by: 'me', ...(reason === '' ? {} : { reason }) });
  }

  /** No more offers come. */
  end(): void {
    clearInterval(this.#timer);
    this.#tellNumber();
  }

  #nextSecond(): void {
    const wasQuiet = this.#heard === 0;
    this.#heard = 0;
    this.#hasNamed = this.#declined > 0;
    this.#tellNumber();
    if (wasQuiet) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else {
      this.#listener.onRoom();
    }
  }

  #tellNumber(): void {
    const offers = this.#declined;
    this.#declined = 0;
    if (offers > 0) {
      this.#listener.tell({ event: 'refused', offers, reason: this.#reason });
    }
  }
}
