import type { Duplex } from 'node:stream';
import { ProtocolError } from '../../errors.ts';
import { lineError } from '../../network/sockets.ts';
import { createFrameDecoder, encodeFrame, type CloseReason, type Frame } from './wire/frames.ts';

/** Bounds how long a link that we have ended may stay open. */
const END_TIMEOUT_MS = 1000;

export interface FrameLinkListener {
  onFrames(frames: Frame[]): void;
  /** All that was written has been sent, after `send` returned false. */
  onDrain(): void;
  /** The link is gone, for a reason in words. Comes once, and nothing follows. */
  onGone(reason: string, error?: ProtocolError): void;
}

/** The reason of an abort by which this side leaves for good, although a channel may just have been won. */
export class LeftForGood extends Error {
  readonly goodbye: CloseReason;

  constructor(goodbye: CloseReason) {
    super('this side has left');
    this.goodbye = goodbye;
  }
}

/** Turns the bytes of a proven channel into frames. Without a listener it reads nothing. */
export class FrameLink {
  readonly #stream: Duplex;
  #listener: FrameLinkListener | undefined;
  /** Frames that came before the present listener, in their order. */
  #unread: Frame[] = [];
  #gone = false;
  #reason = 'the other side closed the connection';

  constructor(stream: Duplex) {
    this.#stream = stream;
    const decoder = createFrameDecoder();
    // A stream that was paused explicitly does not begin to flow when a listener for data is added.
    stream.pause();
    stream.on('data', (chunk: Uint8Array) => {
      if (this.#gone) {
        return;
      }
      let frames: Frame[];
      try {
        frames = decoder.push(chunk);
      } catch (error) {
        if (!(error instanceof ProtocolError)) {
          throw error;
        }
        const listener = this.#listener;
        this.send({ type: 'close', reason: 'protocol' });
        this.end();
        listener?.onGone(error.message, error);
        return;
      }
      if (frames.length > 0) {
        this.#listener?.onFrames(frames);
      }
    });
    stream.on('drain', () => this.#listener?.onDrain());
    stream.on('error', (error) => {
      this.#reason = lineError(error);
    });
    stream.on('end', () => this.#leave());
    stream.on('close', () => this.#leave());
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Replaces an earlier listener, and begins to read in the next microtask. A link that is gone says so then. */
  listen(listener: FrameLinkListener): void {
    this.#listener = listener;
    queueMicrotask(() => {
      if (this.#listener !== listener) {
        return;
      }
      const unread = this.#unread;
      this.#unread = [];
      if (unread.length > 0) {
        listener.onFrames(unread);
      }
      if (this.#listener !== listener) {
        return;
      }
      if (this.#gone) {
        listener.onGone(this.#reason);
      } else {
        this.#stream.resume();
      }
    });
  }

  /** May be called in `onFrames`. The frames that are left, and all that follow, wait for another listener. */
  pause(unread: Frame[]): void {
    this.#listener = undefined;
    this.#unread = unread;
    this.#stream.pause();
  }

  /** Returns false if the writer should wait for `onDrain`. A link that is gone drops what is sent. */
  send(frame: Frame): boolean {
    return this.write(encodeFrame(frame));
  }

  /** Like `send`, for frames that are encoded already. */
  write(frames: Uint8Array): boolean {
    if (this.#gone || !this.#stream.writable) {
      return true;
    }
    return this.#stream.write(frames);
  }

  /** Sends what was written, and then closes. The listener hears nothing more. */
  end(): void {
    this.#gone = true;
    this.#listener = undefined;
    const { destroyed } = this.#stream;
    if (destroyed) {
      return;
    }
    const timer = setTimeout(() => this.#stream.destroy(), END_TIMEOUT_MS);
    this.#stream.once('close', () => clearTimeout(timer));
    this.#stream.end();
    // As long as bytes are unread, the stream does not close.
    this.#stream.resume();
  }

  /**
   * Drops a link that no session has used yet, because of an abort. The peer may count on it already. If we leave for
   * good, we say so, or it would look for another channel to nobody.
   */
  abandon(abortReason: unknown): void {
    if (abortReason instanceof LeftForGood) {
      this.send({ type: 'close', reason: abortReason.goodbye });
      this.end();
    } else {
      this.destroy();
    }
  }

  destroy(): void {
    this.#gone = true;
    this.#listener = undefined;
    this.#stream.destroy();
  }

  #leave(): void {
    if (this.#gone) {
      return;
    }
    this.#gone = true;
    this.#stream.destroy();
    this.#listener?.onGone(this.#reason);
  }
}
