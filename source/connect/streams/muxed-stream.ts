import { Duplex } from 'node:stream';
import { ProtocolError } from '../../errors.ts';
import { BlockQueue } from './block-queue.ts';
import type { StreamFrame, StreamName } from './wire/stream-frames.ts';
import { MAX_DATA_BYTES } from './wire/stream-frames.ts';

/**
 * How much a side may send on a new stream before the other has taken any of it. It bounds what waits for a reader that
 * takes nothing.
 */
export const WINDOW_BYTES = 1024 * 1024;
/**
 * The window of a stream whose reader keeps up grows to as much as the session's own. With 1 MiB, each standstill of one of
 * the processes stops the others on a fast line (it cost a fifth, measured), and a round trip of 80 ms allows only 12 MB/s.
 */
export const MAX_WINDOW_BYTES = 4 * 1024 * 1024;

/** Bounds the reason that is sent with a reset, in UTF-16 units. */
const MAX_REASON_LENGTH = 200;

/** A write is over. */
type OnTaken = (error?: Error | null) => void;

/** What a stream needs of the connection that carries it. */
export interface Carrier {
  /** Sends a frame that is not data. */
  send(frame: StreamFrame): void;
  /** The stream has data, and may send it. */
  ready(stream: MuxedStream): void;
  /** Asks for more memory than the window of a new stream. Returns whether it is granted, until the stream is over. */
  grant(stream: MuxedStream, bytes: number): boolean;
  /** The stream is over. */
  closed(stream: MuxedStream): void;
}

/** The other side has ended the stream before its time. */
export class StreamReset extends Error {}

/** The connection is over, and the stream with it. */
export class StreamCut extends StreamReset {}

/** One of many streams over a connection, with a window of its own. Each half ends by itself. */
export class MuxedStream extends Duplex {
  readonly name: StreamName;
  readonly #carrier: Carrier;
  /** How much we may still send. */
  #credit = WINDOW_BYTES;
  #unsent: Buffer | undefined;
  #onTaken: OnTaken | undefined;
  /** What has come and was not passed on yet. */
  readonly #unread = new BlockQueue();
  #isWanted = false;
  #soon: NodeJS.Immediate | undefined;
  #hasEnded = false;
  #hasFinished = false;
  /** How much the other side may send before we have taken any of it. */
  #window = WINDOW_BYTES;
  /** How much of that it has not sent. */
  #allowed = WINDOW_BYTES;
  /** How much was taken since the last credit. */
  #taken = 0;
  /** The other side knows that the stream is over. */
  #isReset = false;

  constructor(name: StreamName, carrier: Carrier) {
    super({ allowHalfOpen: true });
    this.name = name;
    this.#carrier = carrier;
  }

  /** Whether there is something to send, and the window allows it. */
  get canSend(): boolean {
    return this.#unsent !== undefined && this.#credit > 0;
  }

  /**
   * Takes the next piece to send. To be called only if there is one. `onTaken` is to be called as soon as nobody looks at it
   * any more.
   */
  nextPiece(): { readonly bytes: Uint8Array; readonly onTaken: OnTaken | undefined } {
    const unsent = this.#unsent ?? Buffer.alloc(0);
    const length = Math.min(unsent.length, this.#credit, MAX_DATA_BYTES);
    this.#credit -= length;
    const bytes = unsent.subarray(0, length);
    if (length < unsent.length) {
      this.#unsent = unsent.subarray(length);
      return { bytes, onTaken: undefined };
    }
    const onTaken = this.#onTaken;
    this.#unsent = undefined;
    this.#onTaken = undefined;
    return { bytes, onTaken };
  }

  /** Takes a frame of the other side. Throws ProtocolError. */
  heard(frame: Exclude<StreamFrame, { type: 'open' }>): void {
    switch (frame.type) {
      case 'data':
        this.#arrived(frame.bytes);
        return;
      case 'credit':
        this.#credit += frame.bytes;
        if (this.#credit > MAX_WINDOW_BYTES) {
          throw new ProtocolError('a credit beyond the window of a stream');
        }
        this.#carrier.ready(this);
        return;
      case 'end':
        this.#hasEnded = true;
        this.#deliverSoon();
        return;
      case 'reset':
        this.#isReset = true;
        this.destroy(new StreamReset(frame.reason));
    }
  }

  /** The connection is over, so nothing can be said any more. */
  cut(reason: string): void {
    this.#isReset = true;
    this.destroy(new StreamCut(reason));
  }

  override _read(): void {
    this.#isWanted = true;
    this.#deliverSoon();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: OnTaken): void {
    if (chunk.length === 0) {
      // A frame without data would end the connection.
      done();
      return;
    }
    this.#unsent = chunk;
    this.#onTaken = done;
    this.#carrier.ready(this);
  }

  override _final(done: () => void): void {
    this.#hasFinished = true;
    this.#carrier.send({ ...this.name, type: 'end' });
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#unsent = undefined;
    this.#unread.clear();
    clearImmediate(this.#soon);
    if (!this.#isReset && !(this.readableEnded && this.#hasFinished)) {
      this.#carrier.send({
        ...this.name,
        type: 'reset',
        reason: (error?.message ?? '').slice(0, MAX_REASON_LENGTH),
      });
    }
    this.#carrier.closed(this);
    // The connection may still hold a part of it.
    this.#onTaken?.(error ?? new StreamCut('the stream is over'));
    done(error);
  }

  #arrived(bytes: Uint8Array): void {
    this.#allowed -= bytes.length;
    if (this.#allowed < 0 || this.#hasEnded) {
      throw new ProtocolError('more data than the window of a stream allows');
    }
    this.#unread.append(bytes);
    if (this.#unread.hasWhole) {
      this.#deliver();
    } else {
      this.#deliverSoon();
    }
  }

  /** What comes in one turn is passed on together, because each piece costs a write to a socket. */
  #deliverSoon(): void {
    if (this.#isWanted) {
      this.#soon ??= setImmediate(() => this.#deliver());
    }
  }

  /** What lies in the buffer of the stream counts as taken: it is hardly more than a block. */
  #deliver(): void {
    clearImmediate(this.#soon);
    this.#soon = undefined;
    while (this.#isWanted) {
      const bytes = this.#unread.take();
      if (bytes === undefined) {
        break;
      }
      this.#taken += bytes.length;
      this.#isWanted = this.push(bytes);
    }
    if (this.#hasEnded) {
      if (this.#isWanted) {
        this.push(null);
      }
      return;
    }
    // Each credit costs a record and an ack.
    if (this.#taken >= this.#window / 4) {
      const bytes = this.#taken + this.#growth();
      this.#taken = 0;
      this.#allowed += bytes;
      // It comes last, because the answer may be data.
      this.#carrier.send({ ...this.name, type: 'credit', bytes });
    }
  }

  /** By how much the window becomes larger now. It does if the reader has taken all and wants more. */
  #growth(): number {
    const bytes = this.#window;
    if (!this.#isWanted || bytes >= MAX_WINDOW_BYTES || !this.#carrier.grant(this, bytes)) {
      return 0;
    }
    this.#window += bytes;
    return bytes;
  }
}
