import { performance } from 'node:perf_hooks';
import { TokenBucket } from '../../network/token-bucket.ts';
import type { RelayLimits } from '../limits.ts';
import type { ClientStream } from '../sockets/client-stream.ts';

/**
 * A piece is what a slow pair may send in this time. The system delivers up to 64 KiB at once; passed on in one piece,
 * they could hold up a slow pair for two seconds, and a session would then believe its connection lost.
 */
const PIECE_MS = 250;

/** One of two connections that are joined. */
export interface SpliceEnd {
  /** It is paused, and nobody else reads it any more. */
  readonly socket: ClientStream;
  /** Bytes that it has already sent for the other end. */
  readonly rest: Uint8Array;
}

/** Why it ended: an end has closed, or nothing came any more, or the bytes or the time were used up. */
export type SpliceOutcome = 'closed' | 'idle' | 'bytes' | 'time';

export interface SpliceListener {
  /** Called for bytes that were passed on, in either direction. */
  onBytes(bytes: number): void;
  /** Called once, when both connections are closed or about to close. */
  onOver(outcome: SpliceOutcome): void;
}

/**
 * Passes bytes between two connections without reading their meaning. Each end is
 * read no faster than the other end takes the bytes and the pair's rate allows, so
 * that no more than a chunk and the system's own buffers lie here. A FIN is passed
 * on after all bytes before it. If one end is lost, the other is dropped with the
 * bytes that wait for it.
 */
export class Splice {
  readonly #ends: readonly [SpliceEnd, SpliceEnd];
  readonly #limits: RelayLimits;
  readonly #listener: SpliceListener;
  readonly #bucket: TokenBucket;
  readonly #pieceBytes: number;
  readonly #timers = new Set<NodeJS.Timeout>();
  #bytes = 0;
  #isOver = false;

  constructor(ends: readonly [SpliceEnd, SpliceEnd], limits: RelayLimits, listener: SpliceListener) {
    this.#ends = ends;
    this.#limits = limits;
    this.#listener = listener;
    this.#bucket = TokenBucket.ofBytes(limits.relayBytesPerSecond);
    this.#pieceBytes = Math.max(1, Math.ceil((limits.relayBytesPerSecond * PIECE_MS) / 1000));
  }

  start(): void {
    this.#bound();
    const [one, other] = this.#ends;
    this.#pour(one, other);
    this.#pour(other, one);
  }

  /** The bytes so far, in both directions. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Drops both. */
  destroy(): void {
    this.#end('closed');
  }

  #bound(): void {
    const { relayIdleMs, maxRelayMs } = this.#limits;
    let before: number | undefined;
    this.#timers.add(
      setInterval(() => {
        if (this.#bytes === before) {
          this.#end('idle');
        }
        before = this.#bytes;
      }, relayIdleMs),
    );
    this.#timers.add(setTimeout(() => this.#end('time'), maxRelayMs));
  }

  #pour({ socket: from, rest }: SpliceEnd, { socket: to }: SpliceEnd): void {
    /** The number of reasons not to read this end: the other end takes nothing, the pair has used up its rate. */
    let holds = 0;
    /** A piece waits for the rate. Node reports a FIN meanwhile, although nothing is read. */
    let isWaiting = false;
    let hasEnded = false;
    function passEnd() {
      if (hasEnded && !isWaiting) {
        to.end();
      }
    }
    function hold() {
      holds += 1;
      from.pause();
    }
    function release() {
      holds -= 1;
      if (holds === 0) {
        from.resume();
      }
    }
    const passPiece = (piece: Uint8Array) => {
      this.#bytes += piece.length;
      this.#listener.onBytes(piece.length);
      if (!to.write(piece)) {
        hold();
        to.once('drain', release);
      }
      if (this.#bytes > this.#limits.maxRelayBytes) {
        this.#end('bytes');
      }
      return this.#bucket.charge(performance.now(), piece.length);
    };
    const pass = (chunk: Uint8Array) => {
      for (let left = chunk; left.length > 0 && !this.#isOver;) {
        const later = left.subarray(this.#pieceBytes);
        const waitMs = passPiece(left.subarray(0, this.#pieceBytes));
        left = later;
        if (waitMs === 0 || this.#isOver) {
          continue;
        }
        hold();
        isWaiting = true;
        const timer = setTimeout(() => {
          this.#timers.delete(timer);
          isWaiting = false;
          pass(later);
          passEnd();
          release();
        }, waitMs);
        this.#timers.add(timer);
        return;
      }
    };
    // From now on each direction ends by itself.
    from.allowHalfOpen = true;
    from.on('data', pass);
    from.once('end', () => {
      hasEnded = true;
      passEnd();
    });
    from.once('close', () => {
      // If this end has closed in order in both directions, its last bytes may still be on their way.
      if (!from.readableEnded || !from.writableFinished || to.closed) {
        this.#end('closed');
      }
    });
    if (rest.length > 0) {
      pass(rest);
    }
    if (holds === 0) {
      from.resume();
    }
  }

  #end(outcome: SpliceOutcome): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    for (const timer of this.#timers) {
      clearTimeout(timer);
    }
    this.#timers.clear();
    for (const { socket } of this.#ends) {
      socket.destroy();
    }
    this.#listener.onOver(outcome);
  }
}
