import { performance } from 'node:perf_hooks';
import { CongestionWindow } from './wire/congestion-window.ts';
import { WINDOW_BYTES } from './wire/session-stream.ts';
import type { ProtocolError } from '../../errors.ts';
import { StreamHalf } from './stream-half.ts';

/** Bounds how long an ack waits. The sender measures the line by the delay of acks (congestion-window.ts), and this must be a small part of it. */
const ACK_DELAY_MS = 2;

export interface FileStreamListener {
  /** New bytes, in order, each once. The listener calls `consumed` when it has dealt with them. Throws ProtocolError. */
  onData(bytes: Uint8Array): void;
  /** More has arrived at the peer, so there may be room for more. */
  onAcknowledged(): void;
}

export interface FileStreamSession {
  /** Sends what may be sent now. */
  readonly pump: () => void;
  /** Ends the session because the peer broke the rules. */
  readonly refuse: (error: ProtocolError) => void;
}

/** The stream of files in a session, beside the stream that the connection carries. Knows bytes, not files. */
export class FileStream extends StreamHalf {
  readonly congestion = new CongestionWindow(WINDOW_BYTES);
  /** The session's own. A listener calls it when it finds a mistake of the peer later than in `onData`. */
  readonly refuse: FileStreamSession['refuse'];
  #listener: FileStreamListener | undefined;
  #isOpen = false;
  /** The offset up to which the congestion window knows that data was sent. */
  #noted = 0;

  constructor({ pump, refuse }: FileStreamSession) {
    super('file-data', pump, ACK_DELAY_MS);
    this.refuse = refuse;
  }

  /** Whether the peer understands this stream. If it does not, no frame of it may be sent. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether more may be written. As much as may be under way is kept ready besides, so that the line never waits for it. */
  get hasRoom(): boolean {
    return this.stream.outgoing.bytes < Math.min(WINDOW_BYTES, 2 * this.congestion.bytes);
  }

  /** How many bytes were written and have not arrived. */
  get underWay(): number {
    return this.stream.outgoing.bytes;
  }

  /** The peer has said that it understands it. */
  open(): void {
    this.#isOpen = true;
  }

  listen(listener: FileStreamListener): void {
    this.#listener = listener;
  }

  /** Whether more is written soon. If so, only whole segments are sent. */
  set goesOn(goesOn: boolean) {
    this.stream.goesOn = goesOn;
    if (!goesOn) {
      this.write(new Uint8Array(0));
    }
  }

  /** The session goes on over another channel. */
  restart(): void {
    if (this.#isOpen) {
      this.stream.restart();
    }
    this.congestion.restart(this.stream.outgoing.acknowledged);
    this.#noted = this.stream.outgoing.sent;
  }

  /** Returns whether some of the data is new. Throws ProtocolError. */
  heardData(frame: { readonly offset: number; readonly bytes: Uint8Array }): boolean {
    // A peer sends data here only after it has read that we understand it.
    this.#isOpen = true;
    const fresh = this.arrived(frame);
    if (fresh.length > 0) {
      this.#listener?.onData(fresh);
    }
    return fresh.length > 0;
  }

  /** Returns whether more has arrived at the peer than was known. Throws ProtocolError. */
  heardAck({ received, limit }: { readonly received: number; readonly limit: number }): boolean {
    this.#isOpen = true;
    const { outgoing, isHeld } = this.stream;
    const isNews = received > outgoing.acknowledged;
    outgoing.acknowledge(received, limit);
    if (isNews) {
      this.congestion.acknowledged(received, performance.now());
    }
    if (isHeld) {
      this.stream.release();
      this.#noted = outgoing.sent;
    }
    this.#listener?.onAcknowledged();
    return isNews;
  }

  /** Tells the congestion window what has been sent since the last call. Returns whether there is any. */
  noteSent(): boolean {
    const { sent } = this.stream.outgoing;
    if (sent <= this.#noted) {
      return false;
    }
    this.#noted = sent;
    this.congestion.sent(sent, performance.now());
    return true;
  }
}
