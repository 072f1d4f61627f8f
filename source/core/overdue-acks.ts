/**
 * Whether the peer answers and keeps its acks to itself. A channel delivers in
 * order: when a ping is answered, the data before it has been read, and its ack
 * is on the way or a moment late. So what was sent before a ping that is long
 * answered, and before another one after it, must have been acknowledged.
 * Offsets are those of one channel; time comes in as `now` (ms, any origin).
 */
export class OverdueAcks {
  readonly #graceMs: number;
  #sent = 0;
  #acknowledged = 0;
  /** The ping before the last, and the last. */
  #before: Ping | undefined;
  #last: Ping | undefined;

  /** @param graceMs how much later than the answer to a ping the ack of what was sent before it may come. */
  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** A new channel: what was sent on the old one may never have been read. */
  restart(): void {
    this.#sent = 0;
    this.#before = undefined;
    this.#last = undefined;
  }

  /** Data up to the offset `end` has been sent. */
  sent(end: number): void {
    this.#sent = end;
  }

  acknowledged(received: number): void {
    this.#acknowledged = received;
  }

  pinged(id: number, now: number): void {
    this.#before = this.#last;
    this.#last = { id, at: now, sent: this.#sent };
  }

  /** Whether, with the answer to this ping, an ack is missing that cannot be on its way. */
  isOverdue(id: number, now: number): boolean {
    const before = this.#before;
    if (id !== this.#last?.id || before === undefined) return false;
    return now - before.at >= this.#graceMs && before.sent > this.#acknowledged;
  }
}

interface Ping {
  readonly id: number;
  readonly at: number;
  /** How far data had been sent when it left. */
  readonly sent: number;
}
