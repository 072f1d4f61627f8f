import type { RefusedEvent } from '../../events.ts';
import type { Receiving } from './receiving.ts';

/** How often offers that are declined as they come are told, and counted anew: what is told more often nobody reads. */
const EVERY_MS = 1000;
/** Bounds what offers cost, and what is told of them: ten times what may be open, for a script that goes file by file. */
const MAX_OFFERS = 1000;

export interface OfferPaceListener {
  tell(event: RefusedEvent): void;
  /** More may be heard. */
  onRoom(): void;
}

/** How many offers are heard, and what is told of those that are declined as they come: one by its name, then a number. */
export class OfferPace {
  readonly #listener: OfferPaceListener;
  /** Of the present second. */
  #heard = 0;
  #declined = 0;
  #reason = '';
  /** Whether one was told by its name, and no second without any has passed since. */
  #hasNamed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(listener: OfferPaceListener) {
    this.#listener = listener;
  }

  /** Whether no more should be heard in this second. */
  get isExceeded(): boolean {
    return this.#heard >= MAX_OFFERS;
  }

  heard(): void {
    this.#heard += 1;
    this.#timer ??= setInterval(() => this.#nextSecond(), EVERY_MS);
  }

  /** One that was heard is declined before anybody has been told of it. */
  declined({ teller, hidden }: Pick<Receiving, 'teller' | 'hidden'>, reason: string): void {
    if (this.#hasNamed) {
      this.#declined += 1;
      this.#reason = reason;
      return;
    }
    this.#hasNamed = true;
    teller.say('offered', hidden);
    teller.say('declined', { by: 'me', ...(reason === '' ? {} : { reason }) });
  }

  /** No more come. */
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
