import { Duplex } from 'node:stream';

/** What a network may do to a stream: cut it into any pieces, and delay them. */
export interface Faults {
  /** The sizes of the pieces that arrive, used cyclically. */
  readonly sizes: readonly number[];
  /** For how many turns of the event loop each piece is held back, used cyclically. */
  readonly turns: readonly number[];
  /** How much a writer may have in flight before it must wait. By default so little that it waits often. */
  readonly bufferBytes?: number;
}

class Half extends Duplex {
  other: Half | undefined;
  readonly #faults: Faults;
  #pieces = 0;
  #resume: (() => void) | undefined;

  constructor(faults: Faults) {
    super({ highWaterMark: faults.bufferBytes ?? 1000, allowHalfOpen: true });
    this.#faults = faults;
  }

  override _read(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: () => void): void {
    this.#pass(chunk, callback);
  }

  /** Passes the pieces on in a loop, because a long chunk may arrive byte by byte within one turn. */
  #pass(chunk: Uint8Array, done: () => void): void {
    const { sizes, turns } = this.#faults;
    const { other } = this;
    if (other === undefined) {
      done();
      return;
    }
    for (let rest = chunk; rest.length > 0;) {
      const piece = Uint8Array.prototype.slice.call(rest, 0, sizes[this.#pieces % sizes.length] ?? 1);
      const wait = turns[this.#pieces % turns.length] ?? 0;
      this.#pieces += 1;
      rest = rest.subarray(piece.length);
      const after = rest;
      const goOn = () => this.#pass(after, done);
      if (wait > 0) {
        afterTurns(wait, () => {
          if (other.#arrive(piece)) {
            goOn();
          } else {
            other.#resume = goOn;
          }
        });
        return;
      }
      if (!other.#arrive(piece)) {
        other.#resume = goOn;
        return;
      }
    }
    done();
  }

  /** Returns false if the reader wants the writer to wait. */
  #arrive(piece: Uint8Array): boolean {
    return this.destroyed || this.push(piece);
  }

  override _final(callback: () => void): void {
    if (this.other?.destroyed === false) {
      this.other.push(null);
    }
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    const { other } = this;
    if (other?.readableEnded === false && !other.destroyed) {
      other.push(null);
    }
    callback(error);
  }
}

function afterTurns(turns: number, proceed: () => void): void {
  setImmediate(() => {
    if (turns > 1) {
      afterTurns(turns - 1, proceed);
    } else {
      proceed();
    }
  });
}

/** Two ends of a stream, with faults in each direction. */
export function faultyPair(there: Faults, back: Faults): [Duplex, Duplex] {
  const one = new Half(there);
  const other = new Half(back);
  one.other = other;
  other.other = one;
  return [one, other];
}
