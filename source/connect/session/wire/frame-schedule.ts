import { encodeFrame, SEGMENT_BYTES, type CloseReason, type Frame } from './frames.ts';
import type { SendBudget } from './congestion-window.ts';
import type { SessionStream } from './session-stream.ts';

/** Bounds what of a file is handed on at once: so much stands before a message that is written then. */
const MAX_FILE_RUN_BYTES = 4 * SEGMENT_BYTES;

/**
 * What leaves next on a channel: answers first, one of each however often a
 * peer asks that does not read; then what the connection carries, then its end
 * and the goodbye behind all that was written; and files where all that waits.
 */
export class FrameSchedule {
  readonly #main: SessionStream;
  readonly #files: SessionStream;
  readonly #fileBudget: SendBudget;
  #owedPong: number | undefined;
  #owedRound: Frame | undefined;
  #isEnded = false;
  #hasSaidEnd = false;
  #closeReason: CloseReason | undefined;
  #hasSaidClose = false;

  constructor(main: SessionStream, files: SessionStream, fileBudget: SendBudget) {
    this.#main = main;
    this.#files = files;
    this.#fileBudget = fileBudget;
  }

  /** Whether nothing more is written. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Whether our goodbye has left on this channel. */
  get hasSaidClose(): boolean {
    return this.#hasSaidClose;
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

  /** Another channel: the peer hears the end and the goodbye once more. */
  restart(): void {
    this.#owedPong = undefined;
    this.#owedRound = undefined;
    this.#hasSaidEnd = false;
    this.#hasSaidClose = false;
  }

  /**
   * The next frames as bytes; undefined where all is said or the peer's limit
   * is reached.
   *
   * @param holdsRest whether less than a segment waits for company, unless nothing more will be written.
   */
  next(holdsRest: boolean): { readonly bytes: Uint8Array; readonly isFile: boolean } | undefined {
    const bytes = this.#nextOfMain(holdsRest);
    if (bytes !== undefined) {
      return { bytes, isFile: false };
    }
    const files = this.#nextOfFiles();
    return files && { bytes: files, isFile: true };
  }

  #nextOfMain(holdsRest: boolean): Uint8Array | undefined {
    // Before the pong: who has its answer expects to know by then what was read before it asked.
    const ack = this.#main.takeAck();
    if (ack !== undefined) {
      return ack;
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
    if (this.#main.isHeld) {
      return undefined;
    }
    const { outgoing } = this.#main;
    const isLast = this.#isEnded || this.#closeReason !== undefined;
    if (holdsRest && !isLast && !outgoing.hasWhole) {
      return undefined;
    }
    const frames = outgoing.nextFrames();
    if (frames !== undefined) {
      return frames;
    }
    if (!outgoing.drained) {
      return undefined;
    }
    if (this.#isEnded && !this.#hasSaidEnd) {
      this.#hasSaidEnd = true;
      return encodeFrame({ type: 'end', offset: outgoing.written });
    }
    if (this.#closeReason !== undefined && !this.#hasSaidClose) {
      this.#hasSaidClose = true;
      return encodeFrame({ type: 'close', reason: this.#closeReason });
    }
    return undefined;
  }

  #nextOfFiles(): Uint8Array | undefined {
    // Who has said goodbye says nothing more.
    if (this.#hasSaidClose) {
      return undefined;
    }
    const ack = this.#files.takeAck();
    if (ack !== undefined) {
      return ack;
    }
    const { outgoing, isHeld, goesOn } = this.#files;
    if (isHeld || (goesOn && !outgoing.hasWhole)) {
      return undefined;
    }
    // Whole segments: a budget that is a little too large is cheaper than small frames.
    const allowed =
      Math.ceil((outgoing.acknowledged + this.#fileBudget.bytes) / SEGMENT_BYTES) * SEGMENT_BYTES;
    return outgoing.nextFrames(Math.min(allowed, outgoing.sent + MAX_FILE_RUN_BYTES));
  }
}
