import type { DataType } from './wire/frames.ts';
import { segmentBytes } from './wire/frames.ts';
import { SessionStream } from './wire/session-stream.ts';
import { AckDelay } from '../../net/ack-delay.ts';

/** One stream of a session, driven with a real clock: when what has arrived is acknowledged. */
export class StreamSide {
  readonly stream: SessionStream;
  readonly #pump: () => void;
  readonly #ackDelay: AckDelay;

  /**
   * @param pump lets leave what may leave.
   * @param bulkDelayMs how long an ack may wait where the stream goes on.
   */
  constructor(type: DataType, pump: () => void, bulkDelayMs?: number) {
    this.stream = new SessionStream(type);
    this.#pump = pump;
    this.#ackDelay = new AckDelay(() => this.sendAck(), bulkDelayMs);
  }

  /** Whether all that was written has arrived. */
  get delivered(): boolean {
    return this.stream.outgoing.bytes === 0;
  }

  /** Whether something has arrived that is not acknowledged yet. */
  get owesAck(): boolean {
    return this.#ackDelay.isOwed;
  }

  write(bytes: Uint8Array): void {
    this.stream.outgoing.append(bytes);
    this.#pump();
  }

  /** The reader has taken this many bytes. */
  consumed(bytes: number): void {
    if (this.stream.incoming.consume(bytes)) this.sendAck();
  }

  sendAck(): void {
    this.#ackDelay.done();
    this.stream.oweAck();
    this.#pump();
  }

  /** An ack that is owed anyway goes before what leaves now. */
  takeAck(): void {
    if (this.#ackDelay.take()) this.stream.oweAck();
  }

  /** Returns what is new of it. Throws ProtocolError. */
  arrived({ offset, bytes }: { readonly offset: number; readonly bytes: Uint8Array }): Uint8Array {
    const fresh = this.stream.incoming.accept(offset, bytes);
    this.#ackDelay.arrived(bytes.length, bytes.length >= segmentBytes);
    return fresh;
  }

  /** The peer writes nothing from `offset` on; returns whether that is news. Throws ProtocolError. */
  ended(offset: number): boolean {
    this.#ackDelay.arrived(0, false);
    return this.stream.incoming.end(offset);
  }

  stop(): void {
    this.#ackDelay.stop();
  }
}
