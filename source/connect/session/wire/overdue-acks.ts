/**
 * Whether the peer answers pings but keeps back acks. A channel delivers in
 * order: when a ping is answered, the peer has read the data before it, and has
 * sent its ack before that answer or sends it within a moment. So the ack must
 * come before the answer to a later ping, if that is answered long afterwards.
 * This order holds however late packets or either side are. Offsets are those
 * of one channel. Time comes in as `now` (ms, any origin).
 */
export class OverdueAcks {
  readonly #graceMs: number;
  #sent = 0;
  #acknowledged = 0;
  #last: { readonly id: number; readonly sent: number } | undefined;
  /** How far the peer has read without acknowledging it, as its answer showed, and when that came. */
  #owed: { readonly upTo: number; readonly since: number } | undefined;

  /** @param graceMs how much later than the answer to a ping the ack of the data before it may come. */
  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** Begins again for a new channel, because data on the old one may never have been read. */
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

  /** A ping was answered. Returns whether an ack is missing that cannot be still under way. */
  isOverdue(id: number, now: number): boolean {
    // The answer to an older ping was sent before the last ping was read.
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
