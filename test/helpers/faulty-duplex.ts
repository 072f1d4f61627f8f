import { Duplex } from 'node:stream';

/** What a network does to a stream without breaking it: cuts it anywhere, and delivers when it likes. */
export interface Faults {
  /** The sizes of the pieces that arrive, again and again. */
  readonly sizes: readonly number[];
  /** For how many turns of the event loop each piece is held back, again and again. */
  readonly turns: readonly number[];
}

class Half extends Duplex {
  other: Half | undefined;
  readonly #faults: Faults;
  #pieces = 0;
  #resume: (() => void) | undefined;

  constructor(faults: Faults) {
    // Small, so that whoever writes must wait.
    super({ highWaterMark: 1000, allowHalfOpen: true });
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

  #pass(chunk: Uint8Array, done: () => void): void {
    const { sizes, turns } = this.#faults;
    const { other } = this;
    if (other === undefined || chunk.length === 0) {
      done();
      return;
    }
    const size = sizes[this.#pieces % sizes.length] ?? 1;
    let wait = turns[this.#pieces % turns.length] ?? 0;
    this.#pieces += 1;
    const rest = () => this.#pass(chunk.subarray(size), done);
    const arrive = () => {
      if (wait > 0) {
        wait -= 1;
        setImmediate(arrive);
      } else if (other.destroyed || other.push(Uint8Array.prototype.slice.call(chunk, 0, size))) rest();
      else other.#resume = rest;
    };
    arrive();
  }

  override _final(callback: () => void): void {
    if (this.other?.destroyed === false) this.other.push(null);
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    const { other } = this;
    if (other?.readableEnded === false && !other.destroyed) other.push(null);
    callback(error);
  }
}

/** Two ends of a stream, with faults in each direction. */
export function faultyPair(there: Faults, back: Faults): [Duplex, Duplex] {
  const one = new Half(there);
  const other = new Half(back);
  one.other = other;
  other.other = one;
  return [one, other];
}
