import { encodeFrame, type CloseReason, type Frame } from './frames.ts';
import type { ReceiveWindow } from './receive-window.ts';
import type { SendQueue } from './send-queue.ts';

/**
 * What leaves next on a channel: answers first, one of each however often a
 * peer asks that does not read; then data; then the end of the stream, and the
 * goodbye behind all that was written.
 */
export class FrameSchedule {
  readonly #outgoing: SendQueue;
  readonly #incoming: ReceiveWindow;
  #owesAck = false;
  #owedPong: number | undefined;
  #owedRound: Frame | undefined;
  /** On a channel that resumes: until the peer has said how far it has read, nothing of the stream leaves. */
  #isHeld = false;
  #isEnded = false;
  #hasSaidEnd = false;
  #closeReason: CloseReason | undefined;
  #hasSaidClose = false;

  constructor(outgoing: SendQueue, incoming: ReceiveWindow) {
    this.#outgoing = outgoing;
    this.#incoming = incoming;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Whether our goodbye has left on this channel. */
  get hasSaidClose(): boolean {
    return this.#hasSaidClose;
  }

  oweAck(): void {
    this.#owesAck = true;
  }

  owePong(id: number): void {
    this.#owedPong = id;
  }

  /** Only the last one counts: a later round replaces one that has not left. */
  oweRound(round: Extract<Frame, { type: 'round' }>): void {
    this.#owedRound = round;
  }

  end(): void {
    this.#isEnded = true;
  }

  close(reason: CloseReason): void {
    this.#closeReason = reason;
  }

  /** Another channel: the peer waits for our ack, and hears the end and the goodbye once more. */
  restart(): void {
    this.#outgoing.restart();
    this.#owedPong = undefined;
    this.#owedRound = undefined;
    this.#owesAck = true;
    this.#isHeld = true;
    this.#hasSaidEnd = false;
    this.#hasSaidClose = false;
  }

  /** The peer has said how far it has read: what is behind that goes out again. Returns how many bytes that are. */
  release(): number {
    this.#isHeld = false;
    return this.#outgoing.rewind();
  }

  /**
   * The next frames as bytes; undefined where all is said or the peer's limit
   * is reached.
   *
   * @param holdsRest whether less than a segment waits for company, unless nothing more will be written.
   */
  next(holdsRest: boolean): Uint8Array | undefined {
    // Before the pong: who has its answer expects to know by then what was read before it asked.
    if (this.#owesAck) {
      this.#owesAck = false;
      return encodeFrame({ type: 'ack', received: this.#incoming.received, limit: this.#incoming.limit });
    }
    if (this.#owedPong !== undefined) {
      const id = this.#owedPong;
      this.#owedPong = undefined;
      return encodeFrame({ type: 'pong', id });
    }
    if (this.#owedRound !== undefined) {
      const round = this.#owedRound;
      this.#owedRound = undefined;
      return encodeFrame(round);
    }
    if (this.#isHeld) return undefined;
    const isLast = this.#isEnded || this.#closeReason !== undefined;
    if (holdsRest && !isLast && !this.#outgoing.hasWhole) return undefined;
    const frames = this.#outgoing.nextFrames();
    if (frames !== undefined) return frames;
    if (!this.#outgoing.drained) return undefined;
    if (this.#isEnded && !this.#hasSaidEnd) {
      this.#hasSaidEnd = true;
      return encodeFrame({ type: 'end', offset: this.#outgoing.written });
    }
    if (this.#closeReason !== undefined && !this.#hasSaidClose) {
      this.#hasSaidClose = true;
      return encodeFrame({ type: 'close', reason: this.#closeReason });
    }
    return undefined;
  }
}
