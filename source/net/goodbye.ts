import type { CloseReason } from '../core/frames.ts';

/** Bounds how long our goodbye waits for the peer's: a round trip of the slowest link we know, and then some. */
const ANSWER_MS = 1500;
/** Bounds how long it waits for the next ack of what was written before it, from a peer that seems alive. */
const STALLED_MS = 30_000;

export interface GoodbyeListener {
  /** Nobody will answer any more. */
  onOver(): void;
  /** What was written before it does not arrive. */
  onStalled(): void;
}

/**
 * The end of a session, by either side: over when each has said it, and knows
 * that what it wrote has arrived. Knows what was said, and how long to wait.
 */
export class Goodbye {
  readonly by: 'us' | 'peer';
  readonly reason: CloseReason;
  /** Whether the peer has said it. */
  heard = false;
  readonly #listener: GoodbyeListener;
  #timer: NodeJS.Timeout | undefined;

  constructor(by: 'us' | 'peer', reason: CloseReason, listener: GoodbyeListener) {
    this.by = by;
    this.reason = reason;
    this.#listener = listener;
  }

  /**
   * Waits from now on. Who leaves wants what it wrote to arrive; who is left
   * has nobody any more who would take it.
   */
  wait(delivered: boolean): void {
    this.stop();
    const delivers = this.by === 'us' && !delivered;
    this.#timer = delivers
      ? setTimeout(() => this.#listener.onStalled(), STALLED_MS)
      : setTimeout(() => this.#listener.onOver(), ANSWER_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
