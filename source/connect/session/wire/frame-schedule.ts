import { encodeFrame, SEGMENT_BYTES, type CloseReason, type Frame } from './frames.ts';
import type { CongestionWindow } from './congestion-window.ts';
import type { SessionStream } from './session-stream.ts';

/** Bounds how much of a file is handed on at once, because a message that is written then waits behind it. */
const MAX_FILE_RUN_BYTES = 4 * SEGMENT_BYTES;

/**
 * Says what is sent next on a channel. Answers come first, and only one of each
 * kind is kept, however often a peer asks that does not read. Then comes what
 * the connection carries, then its end, and the goodbye behind all of it. Files
 * are sent while none of these can be.
 */
export class FrameSchedule {
  readonly #main: SessionStream;
  readonly #files: SessionStream;
  readonly #fileWindow: CongestionWindow;
  #owedPong: number | undefined;
  #owedRound: Frame | undefined;
  #isEnded = false;
  #hasSaidEnd = false;
  #closeReason: CloseReason | undefined;
  #hasSaidClose = false;

  constructor(main: SessionStream, files: SessionStream, fileWindow: CongestionWindow) {
    this.#main = main;
    this.#files = files;
    this.#fileWindow = fileWindow;
  }

  /** Whether nothing more will be written. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Whether our goodbye was sent on this channel. */
  get hasSaidClose(): boolean {
    return this.#hasSaidClose;
  }

  owePong(id: number): void {
    this.#owedPong = id;
  }

  /** A later round replaces one that was not sent yet. */
  oweRound(round: Extract<Frame, { type: 'round' }>): void {
    this.#owedRound = round;
  }

  end(): void {
    this.#isEnded = true;
  }

  close(reason: CloseReason): void {
    this.#closeReason = reason;
  }

  /** Begins again for another channel, on which the end and the goodbye are said once more. */
  restart(): void {
    this.#owedPong = undefined;
    this.#owedRound = undefined;
    this.#hasSaidEnd = false;
    this.#hasSaidClose = false;
  }

  /**
   * The next frames as bytes; undefined if all is said, or if the peer's limit
   * is reached.
   *
   * @param holdsRest whether less than a segment waits, unless nothing more will be written.
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
    // The ack goes before the pong: when the pong arrives, the peer expects to know what we read before its ping.
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
    // Nothing follows a goodbye.
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
    // Rounded up to whole segments, because a window that is a little too large costs less than small frames.
    const allowed =
      Math.ceil((outgoing.acknowledged + this.#fileWindow.bytes) / SEGMENT_BYTES) * SEGMENT_BYTES;
    return outgoing.nextFrames(Math.min(allowed, outgoing.sent + MAX_FILE_RUN_BYTES));
  }
}
