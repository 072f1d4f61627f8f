import type { Duplex } from 'node:stream';
import { ProtocolError } from '../../errors.ts';
import { releaseFrame } from '../session/release-frame.ts';
import { MAX_WINDOW_BYTES, MuxedStream, WINDOW_BYTES, type Carrier } from './muxed-stream.ts';
import {
  createStreamDecoder,
  encodeStreamFrame,
  encodeStreamHeader,
  type StreamFrame,
} from './wire/stream-frames.ts';

/** Bounds the streams that the other side may have open, and so the memory that it can take: a window for each. */
const MAX_STREAMS = 128;

/** Bounds what all streams together may have beyond the windows of new ones: enough for eight with the largest window. */
const MAX_GRANTED_BYTES = 8 * (MAX_WINDOW_BYTES - WINDOW_BYTES);

/**
 * Bounds the answers that wait for a peer that does not read, but opens streams without end. Data waits in its stream, and
 * an honest peer leaves a few kilobytes.
 */
const MAX_WAITING_BYTES = 1024 * 1024;

export interface StreamMuxOptions {
  /** Called for each stream that the other side opens. */
  readonly onStream: (stream: MuxedStream, target: string) => void;
  /** The other side has broken the rules. Nothing follows. */
  readonly onBroken: (error: ProtocolError) => void;
}

/**
 * Many streams over one connection, in both directions. Each has a window of its own, so one that nobody reads holds up no
 * other. What waits to be sent is sent in turns, a piece of each.
 */
export class StreamMux implements Carrier {
  readonly #connection: Duplex;
  readonly #options: StreamMuxOptions;
  /** Those that we have opened, and those of the other side, by their numbers. */
  readonly #own = new Map<number, MuxedStream>();
  readonly #their = new Map<number, MuxedStream>();
  readonly #ready = new Set<MuxedStream>();
  /** What each has beyond the window of a new one. */
  readonly #granted = new Map<MuxedStream, number>();
  #opened = 0;
  #lastHeard = 0;
  #isOver = false;

  /** @param connection copies what is written to it, before it calls back. */
  constructor(connection: Duplex, options: StreamMuxOptions) {
    this.#connection = connection;
    this.#options = options;
    const decoder = createStreamDecoder();
    connection.on('data', (chunk: Uint8Array) => {
      try {
        for (const frame of decoder.push(chunk)) {
          this.#heard(frame);
        }
        // The streams have copied what is theirs.
        releaseFrame(chunk);
      } catch (error) {
        if (!(error instanceof ProtocolError)) {
          throw error;
        }
        options.onBroken(error);
      }
    });
    connection.on('drain', () => this.#pump());
    connection.on('close', () => this.close('the connection to the other side has ended'));
  }

  /** How many streams are open. */
  get size(): number {
    return this.#own.size + this.#their.size;
  }

  /** What is written to it leaves at once: the other side connects meanwhile. */
  open(target: string): MuxedStream {
    this.#opened += 1;
    const stream = new MuxedStream({ stream: this.#opened, isOurs: true }, this);
    if (this.#isOver) {
      queueMicrotask(() => stream.cut('the connection to the other side has ended'));
      return stream;
    }
    this.#own.set(this.#opened, stream);
    this.send({ ...stream.name, type: 'open', target });
    return stream;
  }

  /** Ends all streams, because nothing can be said any more. */
  close(reason: string): void {
    this.#isOver = true;
    for (const stream of [...this.#own.values(), ...this.#their.values()]) {
      stream.cut(reason);
    }
  }

  send(frame: StreamFrame): void {
    if (this.#isOver) {
      return;
    }
    if (this.#connection.writableLength > MAX_WAITING_BYTES) {
      this.close('the other side reads no answers');
      this.#options.onBroken(new ProtocolError('more answers about streams than the peer reads'));
      return;
    }
    this.#connection.write(encodeStreamFrame(frame));
  }

  ready(stream: MuxedStream): void {
    if (stream.canSend) {
      this.#ready.add(stream);
      this.#pump();
    }
  }

  grant(stream: MuxedStream, bytes: number): boolean {
    const inAll = [...this.#granted.values()].reduce((sum, one) => sum + one, 0);
    if (inAll + bytes > MAX_GRANTED_BYTES) {
      return false;
    }
    this.#granted.set(stream, (this.#granted.get(stream) ?? 0) + bytes);
    return true;
  }

  closed(stream: MuxedStream): void {
    this.#granted.delete(stream);
    this.#ready.delete(stream);
    (stream.name.isOurs ? this.#own : this.#their).delete(stream.name.stream);
  }

  /**
   * A Set keeps the order of insertion, so that each gets its turn. A write that is as long as the buffer of the connection
   * asks to wait for `drain`, also if nothing of it has stayed there.
   */
  #pump(): void {
    const connection = this.#connection;
    while (!this.#isOver && !(connection.writableNeedDrain && connection.writableLength > 0)) {
      const [stream] = this.#ready;
      if (stream === undefined) {
        return;
      }
      this.#ready.delete(stream);
      const { bytes, onTaken } = stream.nextPiece();
      connection.cork();
      connection.write(encodeStreamHeader({ ...stream.name, type: 'data' }, bytes.length));
      connection.write(bytes);
      connection.uncork();
      if (connection.writableLength === 0) {
        // It was copied. The callback of a write would come a turn later, and the source would have stopped meanwhile.
        onTaken?.();
      } else {
        connection.write(new Uint8Array(0), onTaken);
      }
      if (stream.canSend) {
        this.#ready.add(stream);
      }
    }
  }

  #heard(frame: StreamFrame): void {
    if (frame.type === 'open') {
      this.#accept(frame);
      return;
    }
    // A stream of the sender of the frame is one of theirs to us.
    const stream = (frame.isOurs ? this.#their : this.#own).get(frame.stream);
    if (stream !== undefined) {
      stream.heard(frame);
    } else if (frame.stream > (frame.isOurs ? this.#lastHeard : this.#opened)) {
      throw new ProtocolError(`${frame.type} on a stream that was never opened`);
    }
    // What belongs to a stream that is over was still under way.
  }

  #accept({ stream: number, isOurs, target }: Extract<StreamFrame, { type: 'open' }>): void {
    if (!isOurs || number !== this.#lastHeard + 1) {
      throw new ProtocolError(`stream ${number} after stream ${this.#lastHeard}`);
    }
    this.#lastHeard = number;
    const stream = new MuxedStream({ stream: number, isOurs: false }, this);
    if (this.#their.size >= MAX_STREAMS) {
      stream.on('error', () => undefined);
      stream.destroy(new Error(`${MAX_STREAMS} connections are open, and no more are allowed`));
      return;
    }
    this.#their.set(number, stream);
    this.#options.onStream(stream, target);
  }
}
