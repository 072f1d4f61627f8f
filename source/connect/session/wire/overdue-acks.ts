/**
 * Whether the peer answers and keeps its acks to itself. A channel delivers in
 * order: when a ping is answered, the data before it has been read, and its ack
 * went before that answer or follows within a moment. So it must have come
 * before the answer to another ping, asked after that one and answered long
 * after it. However late packets or either side are, that order stays.
 * Offsets are those of one channel; time comes in as `now` (ms, any origin).
 */
export class OverdueAcks {
  readonly #graceMs: number;
  #sent = 0;
  #acknowledged = 0;
  #last: { readonly id: number; readonly sent: number } | undefined;
  /** What the peer has shown to have read without acknowledging it, and when. */
  #owed: { readonly upTo: number; readonly since: number } | undefined;

  /** @param graceMs how much later than the answer to a ping the ack of what was sent before it may come. */
  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** A new channel: what was sent on the old one may never have been read. */
  restart(): void {
    this.#sent = 0;
    this.#last = undefined;
    this.#owed = undefined;
  }

  /** Data up to the offset `end` has been sent. */
  sent(end: number): void {
    this.#sent = end;
  }

  acknowledged(received: number): void {
    this.#acknowledged = received;
  }

  pinged(id: number): void {
    this.#last = { id, sent: this.#sent };
  }

  /** A ping was answered: whether an ack is missing that cannot be on its way. */
  isOverdue(id: number, now: number): boolean {
    // The answer to an older ping comes from before the last one was asked.
    if (id !== this.#last?.id) {
      return false;
    }
    if (this.#owed === undefined || this.#owed.upTo <= this.#acknowledged) {
      const { sent } = this.#last;
      this.#owed = sent > this.#acknowledged ? { upTo: sent, since: now } : undefined;
      return false;
    }
    return now - this.#owed.since >= this.#graceMs;
  }
}
