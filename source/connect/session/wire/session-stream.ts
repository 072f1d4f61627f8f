import { encodeFrame, type AckType, type DataType } from './frames.ts';
import { ReceiveWindow } from './receive-window.ts';
import { SendQueue } from './send-queue.ts';

/**
 * Bounds how much one side holds for a reader that does not read, and how much
 * the other side keeps until it is acknowledged. 4 MiB are enough for 50 MB/s
 * over a round trip of 80 ms.
 */
export const WINDOW_BYTES = 4 * 1024 * 1024;

/** One stream of a session in both directions, and what is to be said about it on the present channel. */
export class SessionStream {
  readonly outgoing: SendQueue;
  readonly incoming = new ReceiveWindow(WINDOW_BYTES);
  /** Whether more is written soon. If so, less than a segment may wait for it. */
  goesOn = false;
  readonly #ackType: AckType;
  #owesAck = false;
  #isHeld = false;

  constructor(type: DataType) {
    this.outgoing = new SendQueue(WINDOW_BYTES, type);
    this.#ackType = type === 'data' ? 'ack' : 'file-ack';
  }

  /** Whether nothing of the stream may be sent, because the peer has not said yet how far it has read over earlier channels. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  oweAck(): void {
    this.#owesAck = true;
  }

  /** Takes the ack that is owed, if any, as a frame. */
  takeAck(): Uint8Array | undefined {
    if (!this.#owesAck) {
      return undefined;
    }
    this.#owesAck = false;
    const { received, limit } = this.incoming;
    return encodeFrame({ type: this.#ackType, received, limit });
  }

  /** Begins again for another channel, on which the peer waits for our ack, and we for its. */
  restart(): void {
    this.outgoing.restart();
    this.#owesAck = true;
    this.#isHeld = true;
  }

  /** The peer has said how far it has read. The rest is sent again. Returns how many bytes that is. */
  release(): number {
    this.#isHeld = false;
    return this.outgoing.rewind();
  }
}
