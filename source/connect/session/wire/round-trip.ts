/**
 * Measures the round trip of a channel by pings and by the acks of data. Time
 * comes in as `now` (ms, any monotonic origin).
 */
export class RoundTrip {
  #ms: number | undefined;
  /** Whether nothing was measured on this channel yet. */
  #isNew = true;
  #pings = 0;
  #pingedAt: number | undefined;
  /** Data whose ack will give a round trip. One at a time is enough. */
  #data: { end: number; at: number } | undefined;

  /** Begins again for a new channel. What was sent on the old one would measure the gap between the two, and the path may be another. */
  restart(): void {
    this.forget();
    this.#isNew = true;
  }

  /** Drops what is not answered yet after a silence, because its answer would measure the silence. */
  forget(): void {
    this.#pingedAt = undefined;
    this.#data = undefined;
  }

  /** The smoothed round trip. Until there is an answer on this channel, that of the one before; undefined before the first answer. */
  get ms(): number | undefined {
    return this.#ms;
  }

  /** Notes that a ping leaves, and returns its number. Only the answer to the last ping counts. */
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
   * Waiting only adds to a round trip, so a shorter one is closer to the truth
   * and counts at once. The first one comes while both sides are still busy with
   * the handshake, and would otherwise stay on the screen for minutes. A longer
   * one is smoothed as in RFC 6298, section 2, so that one late answer changes
   * little.
   */
  #measured(ms: number): void {
    const known = this.#isNew ? undefined : this.#ms;
    this.#ms = known === undefined || ms < known ? ms : known + (ms - known) / 8;
    this.#isNew = false;
  }
}
