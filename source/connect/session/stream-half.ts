import { type DataType, SEGMENT_BYTES } from './wire/frames.ts';
import { SessionStream } from './wire/session-stream.ts';

/** One stream of a session. A real clock says when it acknowledges what has arrived. */
export class StreamHalf {
  readonly stream: SessionStream;
  readonly #pump: () => void;
  readonly #ackDelay: AckDelay;

  /**
   * @param pump sends what may be sent now.
   * @param bulkDelayMs how long an ack may wait while more of the stream arrives.
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
    this.writeAll([bytes]);
  }

  /** Sends them together. */
  writeAll(chunks: readonly Uint8Array[]): void {
    for (const bytes of chunks) {
      this.stream.outgoing.append(bytes);
    }
    this.#pump();
  }

  /** The reader has taken this many bytes. */
  consumed(bytes: number): void {
    if (this.stream.incoming.consume(bytes)) {
      this.sendAck();
    }
  }

  sendAck(): void {
    this.#ackDelay.done();
    this.stream.oweAck();
    this.#pump();
  }

  /** An ack that is due in this turn is sent now, before other frames. */
  takeAck(): void {
    if (this.#ackDelay.take()) {
      this.stream.oweAck();
    }
  }

  /** Returns the part that is new. Throws ProtocolError. */
  arrived({ offset, bytes }: { readonly offset: number; readonly bytes: Uint8Array }): Uint8Array {
    const fresh = this.stream.incoming.accept(offset, bytes);
    this.#ackDelay.arrived(bytes.length, bytes.length >= SEGMENT_BYTES);
    return fresh;
  }

  /** The peer writes nothing from `offset` on. Returns whether that is news. Throws ProtocolError. */
  ended(offset: number): boolean {
    this.#ackDelay.arrived(0, false);
    return this.stream.incoming.end(offset);
  }

  stop(): void {
    this.#ackDelay.stop();
  }
}

/**
 * Of a stream that goes on, this much arrives before an ack is sent, because each ack costs a record and two system
 * calls on either side. It is a sixteenth of the window, so that no writer ever waits for an ack.
 */
const BULK_BYTES = 256 * 1024;
/** Bounds how long an ack is held back: less than anybody sees. */
const BULK_DELAY_MS = 10;

/**
 * Says when to acknowledge what arrives: a message at the end of the turn that
 * brought it, a stream that goes on only now and then. Knows sizes and time,
 * not offsets or frames.
 */
class AckDelay {
  readonly #bulkDelayMs: number;
  readonly #onDue: () => void;
  #bytes = 0;
  #soon: NodeJS.Immediate | undefined;
  #later: NodeJS.Timeout | undefined;

  constructor(onDue: () => void, bulkDelayMs = BULK_DELAY_MS) {
    this.#bulkDelayMs = bulkDelayMs;
    this.#onDue = onDue;
  }

  /** Whether something has arrived that is not acknowledged yet. */
  get isOwed(): boolean {
    return this.#bytes > 0;
  }

  /** Whether an ack is due at the end of this turn. If so, the caller sends it now. */
  take(): boolean {
    if (this.#soon === undefined) {
      return false;
    }
    this.done();
    return true;
  }

  /** @param goesOn whether more is likely to follow at once. */
  arrived(bytes: number, goesOn: boolean): void {
    this.#bytes += bytes;
    if (this.#bytes === 0) {
      return;
    }
    if (!goesOn || this.#bytes >= BULK_BYTES) {
      // One ack for all that the socket brings in this turn.
      this.#soon ??= setImmediate(() => this.#onDue());
      return;
    }
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      if (this.#bytes > 0) {
        this.#onDue();
      }
    }, this.#bulkDelayMs);
  }

  /** All that has arrived is being acknowledged. */
  done(): void {
    this.#bytes = 0;
    clearImmediate(this.#soon);
    this.#soon = undefined;
  }

  stop(): void {
    this.done();
    clearTimeout(this.#later);
  }
}
