import type { ObservedPort, Place, Visit } from '../../place.ts';
import { MailboxIdentity, type MailboxPlaceOptions } from './mailbox-identity.ts';
import { observeForMailbox, visitMailbox } from './mailbox-visit.ts';

/** A mailbox server of magic-wormhole as a place. */
export class MailboxPlace implements Place {
  readonly kind = 'mailbox';
  readonly #identity: MailboxIdentity;

  constructor(options: MailboxPlaceOptions) {
    this.#identity = new MailboxIdentity(options);
  }

  get addresses() {
    return [this.#identity.options.address];
  }

  get name(): string {
    return this.#identity.name;
  }

  visit(signal: AbortSignal): Promise<Visit> {
    return visitMailbox(this.#identity, signal);
  }

  /** Each visit closes what it has opened. */
  close(): void {}

  observePort(signal: AbortSignal): Promise<ObservedPort | undefined> {
    return observeForMailbox(this.#identity, signal);
  }
}
