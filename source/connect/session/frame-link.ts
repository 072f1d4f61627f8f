import type { Duplex } from 'node:stream';
import { ProtocolError } from '../../errors.ts';
import { createFrameDecoder, encodeFrame, type Frame } from './wire/frames.ts';

/** Bounds how long a link that was ended may take to go by itself. */
const END_TIMEOUT_MS = 1000;

export interface FrameLinkListener {
  onFrames(frames: Frame[]): void;
  /** What was written before has left, after `send` answered false. */
  onDrain(): void;
  /** The link is gone, for a reason in words; comes once, and nothing after it. */
  onGone(reason: string, error?: ProtocolError): void;
}

/** A proven channel as frames instead of bytes. Until it is given a listener it reads nothing. */
export class FrameLink {
  readonly #stream: Duplex;
  #listener: FrameLinkListener | undefined;
  /** What came before the present listener, in the order of its coming. */
  #unread: Frame[] = [];
  #gone = false;
  #reason = 'the other side closed the connection';

  constructor(stream: Duplex) {
    this.#stream = stream;
    const decoder = createFrameDecoder();
    // Paused before there is a reader of data: a stream that is told so does not begin to flow by itself.
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
      this.#reason = error.message;
    });
    stream.on('end', () => this.#leave());
    stream.on('close', () => this.#leave());
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Begins to read, in the next microtask; replaces an earlier listener. A link that is gone already says so then. */
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

  /** From within `onFrames`: what else came with those frames, and all that follows, waits for another listener. */
  pause(unread: Frame[]): void {
    this.#listener = undefined;
    this.#unread = unread;
    this.#stream.pause();
  }

  /** Answers false when the writer should wait for `onDrain`. A link that is gone swallows frames. */
  send(frame: Frame): boolean {
    return this.write(encodeFrame(frame));
  }

  /** The same for frames that are bytes already. */
  write(frames: Uint8Array): boolean {
    if (this.#gone || !this.#stream.writable) {
      return true;
    }
    return this.#stream.write(frames);
  }

  /** Sends what was written, then closes; the listener hears nothing more. */
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
    // Unread bytes would keep the close from coming.
    this.#stream.resume();
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
