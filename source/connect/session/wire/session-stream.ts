import { encodeFrame, type AckType, type DataType } from './frames.ts';
import { ReceiveWindow } from './receive-window.ts';
import { SendQueue } from './send-queue.ts';

/**
 * Bounds what one side holds for a reader that does not read, and what the
 * other keeps until it is acknowledged. 4 MiB carry 50 MB/s over 80 ms.
 */
export const WINDOW_BYTES = 4 * 1024 * 1024;

/** One stream of a session in both directions, and what is to be said of it on the present channel. */
export class SessionStream {
  readonly outgoing: SendQueue;
  readonly incoming = new ReceiveWindow(WINDOW_BYTES);
  /** Whether more is written soon: then less than a segment may wait for that. */
  goesOn = false;
  readonly #ackType: AckType;
  #owesAck = false;
  #isHeld = false;

  constructor(type: DataType) {
    this.outgoing = new SendQueue(WINDOW_BYTES, type);
    this.#ackType = type === 'data' ? 'ack' : 'file-ack';
  }

  /** On a channel that resumes: until the peer has said how far it has read, nothing of the stream leaves. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  oweAck(): void {
    this.#owesAck = true;
  }

  /** The ack that is owed, if any, as a frame: it is said with that. */
  takeAck(): Uint8Array | undefined {
    if (!this.#owesAck) {
      return undefined;
    }
    this.#owesAck = false;
    const { received, limit } = this.incoming;
    return encodeFrame({ type: this.#ackType, received, limit });
  }

  /** Another channel: the peer waits for our ack, and we for its. */
  restart(): void {
    this.outgoing.restart();
    this.#owesAck = true;
    this.#isHeld = true;
  }

  /** The peer has said how far it has read: what is behind that goes out again. Returns how many bytes that are. */
  release(): number {
    this.#isHeld = false;
    return this.outgoing.rewind();
  }
}
