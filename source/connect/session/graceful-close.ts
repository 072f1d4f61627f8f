import type { CloseReason } from './wire/frames.ts';

/** Bounds how long our goodbye waits for the peer's: a round trip of the slowest link we know, and then some. */
const ANSWER_MS = 1500;
/** Bounds how long it waits for the next ack of what was written before it, from a peer that seems alive. */
const STALLED_MS = 30_000;

export interface GracefulCloseListener {
  /** Whether all that we wrote has arrived. */
  isDelivered(): boolean;
  /** Whether there is a channel that is not suspect: else another is looked for, and that has its own bound. */
  carries(): boolean;
  /** Nobody will answer any more. */
  onOver(): void;
  /** What was written before it does not arrive. */
  onStalled(): void;
}

/**
 * The end of a session, by either side: over when each has said it, and knows
 * that what it wrote has arrived. Knows what was said, and how long to wait.
 */
export class GracefulClose {
  readonly by: 'us' | 'peer';
  readonly reason: CloseReason;
  /** Whether the peer has said it. */
  heard = false;
  readonly #listener: GracefulCloseListener;
  #timer: NodeJS.Timeout | undefined;

  constructor(by: 'us' | 'peer', reason: CloseReason, listener: GracefulCloseListener) {
    this.by = by;
    this.reason = reason;
    this.#listener = listener;
    this.wait();
  }

  /**
   * Waits from now on. Who leaves wants what it wrote to arrive, if need be over
   * another channel; who is left has nobody any more who would take it.
   */
  wait(): void {
    this.stop();
    if (this.by === 'peer' || this.#listener.isDelivered()) {
      this.#timer = setTimeout(() => this.#listener.onOver(), ANSWER_MS);
    } else if (this.#listener.carries()) {
      this.#timer = setTimeout(() => this.#listener.onStalled(), STALLED_MS);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
