import type { CloseReason } from './wire/frames.ts';

/** Bounds how long our goodbye waits for the peer's: more than a round trip of the slowest link that we know. */
const ANSWER_MS = 1500;
/** Bounds how long it waits for the next ack of what was written before it, if the peer seems alive. */
const STALLED_MS = 30_000;

export interface GracefulCloseListener {
  /** Whether all that we wrote has arrived. */
  readonly isDelivered: () => boolean;
  /** Whether there is a channel that is not suspect. If not, another one is looked for, and that search has its own bound. */
  readonly carries: () => boolean;
  /** Whether the peer answers only when its reader has taken all, which may be at any time. */
  readonly awaitsReader: () => boolean;
  /** The wait for an answer is over. */
  onOver(): void;
  /** What was written before the goodbye does not arrive. */
  onStalled(): void;
}

/**
 * The end of a session by either side. It is over when each side has said
 * goodbye and knows that all it wrote has arrived. This class knows what was
 * said, and how long to wait.
 */
export class GracefulClose {
  readonly by: 'us' | 'peer';
  readonly reason: CloseReason;
  /** Whether the peer has said goodbye. */
  heard = false;
  /** Whether the peer has answered that something failed at its end. */
  isRefused = false;
  readonly #listener: GracefulCloseListener;
  #timer: NodeJS.Timeout | undefined;

  constructor(by: 'us' | 'peer', reason: CloseReason, listener: GracefulCloseListener) {
    this.by = by;
    this.reason = reason;
    this.#listener = listener;
    this.wait();
  }

  /**
   * Starts the wait again. A side that leaves wants what it wrote to arrive, if
   * need be over another channel. A side that was left has nobody to send to.
   */
  wait(): void {
    this.stop();
    const { isDelivered, carries, awaitsReader } = this.#listener;
    if (this.by === 'peer' || isDelivered()) {
      // While the channel carries, the keepalive tells if the peer goes. Its reader may be slow, as before the end.
      if (this.by === 'us' && awaitsReader() && carries()) {
        return;
      }
      this.#timer = setTimeout(() => this.#listener.onOver(), ANSWER_MS);
    } else if (carries()) {
      this.#timer = setTimeout(() => this.#listener.onStalled(), STALLED_MS);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
