import { performance } from 'node:perf_hooks';
import { SendBudget } from './wire/congestion-window.ts';
import { WINDOW_BYTES } from './wire/session-stream.ts';
import type { ProtocolError } from '../../errors.ts';
import { StreamHalf } from './stream-half.ts';

/** The sender measures the line by its acks (congestion-window.ts): what they wait here must be little of what it tolerates. */
const ACK_DELAY_MS = 2;

export interface FileStreamListener {
  /** New bytes, in order, once. Tell `consumed` when they are dealt with. Throws ProtocolError. */
  onData(bytes: Uint8Array): void;
  /** More has arrived at the peer: there may be room. */
  onAcknowledged(): void;
}

export interface FileStreamSession {
  /** Lets leave what may leave. */
  readonly pump: () => void;
  /** Ends the session for what the peer has said. */
  readonly refuse: (error: ProtocolError) => void;
}

/** The stream of files as a session drives it, beside the one that the connection carries. Knows bytes, not files. */
export class FileStream extends StreamHalf {
  readonly budget = new SendBudget(WINDOW_BYTES);
  /** As of the session, for whoever finds out later than in `onData`. */
  readonly refuse: FileStreamSession['refuse'];
  #listener: FileStreamListener | undefined;
  #isOpen = false;
  /** What the budget knows to have left. */
  #noted = 0;

  constructor({ pump, refuse }: FileStreamSession) {
    super('file-data', pump, ACK_DELAY_MS);
    this.refuse = refuse;
  }

  /** Whether the peer understands this stream: else not a frame of it may leave. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether more may be written: as much again as may be under way lies ready, for the line to find it. */
  get hasRoom(): boolean {
    return this.stream.outgoing.bytes < Math.min(WINDOW_BYTES, 2 * this.budget.bytes);
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

  /** Whether more is written soon: then the next writes leave in whole segments only. */
  set goesOn(goesOn: boolean) {
    this.stream.goesOn = goesOn;
    if (!goesOn) {
      this.write(new Uint8Array(0));
    }
  }

  /** Another channel. */
  restart(): void {
    if (this.#isOpen) {
      this.stream.restart();
    }
    this.budget.restart(this.stream.outgoing.acknowledged);
    this.#noted = this.stream.outgoing.sent;
  }

  /** Returns whether some of it is new. Throws ProtocolError. */
  heardData(frame: { readonly offset: number; readonly bytes: Uint8Array }): boolean {
    // Only who has read that we understand it says anything here.
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
      this.budget.acknowledged(received, performance.now());
    }
    if (isHeld) {
      this.stream.release();
      this.#noted = outgoing.sent;
    }
    this.#listener?.onAcknowledged();
    return isNews;
  }

  /** Something may have left: returns whether it has. */
  noteSent(): boolean {
    const { sent } = this.stream.outgoing;
    if (sent <= this.#noted) {
      return false;
    }
    this.#noted = sent;
    this.budget.sent(sent, performance.now());
    return true;
  }
}
