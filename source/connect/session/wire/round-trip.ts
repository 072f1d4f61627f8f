/**
 * The round trip of a channel, from pings and from data and their acks. Time
 * comes in as `now` (ms, any monotonic origin).
 */
export class RoundTrip {
  #ms: number | undefined;
  /** Nothing was measured on this channel yet. */
  #isNew = true;
  #pings = 0;
  #pingedAt: number | undefined;
  /** Data whose ack gives a round trip: one at a time is enough. */
  #data: { end: number; at: number } | undefined;

  /** A new channel: what was asked on the old one would measure the gap between them, and the way may be another. */
  restart(): void {
    this.forget();
    this.#isNew = true;
  }

  /** What was asked has met a silence: its answer would measure that. */
  forget(): void {
    this.#pingedAt = undefined;
    this.#data = undefined;
  }

  /** Smoothed; that of the channel before until there is an answer on this one; undefined before the first. */
  get ms(): number | undefined {
    return this.#ms;
  }

  /** A ping leaves: returns its number. Only the answer to the last one counts. */
  ping(now: number): number {
    this.#pings += 1;
    this.#pingedAt = now;
    return this.#pings;
  }

  ponged(id: number, now: number): void {
    if (id !== this.#pings || this.#pingedAt === undefined) {
      return;
    }
    this.#measured(now - this.#pingedAt);
    this.#pingedAt = undefined;
  }

  /** Data up to the offset `end` has been sent. */
  sent(end: number, now: number): void {
    this.#data ??= { end, at: now };
  }

  acknowledged(offset: number, now: number): void {
    if (this.#data === undefined || offset < this.#data.end) {
      return;
    }
    this.#measured(now - this.#data.at);
    this.#data = undefined;
  }

  /**
   * Waiting only ever adds to the way: a shorter answer is the truer one, at
   * once. The first comes while both sides are still busy with the handshake,
   * and would else be on the screen for minutes. A longer one moves it as RFC
   * 6298, section 2, has it: one late answer does not jump.
   */
  #measured(ms: number): void {
    const known = this.#isNew ? undefined : this.#ms;
    this.#ms = known === undefined || ms < known ? ms : known + (ms - known) / 8;
    this.#isNew = false;
  }
}
