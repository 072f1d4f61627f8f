import { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';

export interface LineOptions {
  /** Default: all at once. */
  readonly bytesPerSecond?: number;
  /** How much a writer may have under way before it must wait; by default as much as it likes. */
  readonly bufferBytes?: number;
}

const TICK_MS = 5;

/** One end of a line: what is written arrives at the other in order, when the line carries that way. */
export class LineEnd extends Duplex {
  other: LineEnd | undefined;
  readonly #bytesPerTick: number;
  readonly #bufferBytes: number;
  #underWay: Uint8Array[] = [];
  #bytes = 0;
  #isCut = false;
  #proceed: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ bytesPerSecond = Infinity, bufferBytes = Infinity }: LineOptions) {
    super();
    this.#bytesPerTick = (bytesPerSecond * TICK_MS) / 1000;
    this.#bufferBytes = bufferBytes;
    if (bytesPerSecond !== Infinity) {
      this.#timer = setInterval(() => this.#carry(), TICK_MS);
    }
  }

  /** As TCP bears a cut: what this end writes waits on its way. */
  cut(): void {
    this.#isCut = true;
  }

  /** What waits arrives now. */
  mend(): void {
    this.#isCut = false;
    this.#carry();
  }

  #carry(): void {
    let left = this.#bytesPerTick;
    while (!this.#isCut && left > 0) {
      const first = this.#underWay.shift();
      if (first === undefined) {
        break;
      }
      const piece = first.subarray(0, left);
      if (piece.length < first.length) {
        this.#underWay.unshift(first.subarray(left));
      }
      left -= piece.length;
      this.#bytes -= piece.length;
      // A reader that reads as fast as it comes: sessions do.
      if (this.other?.destroyed === false) {
        this.other.push(piece);
      }
    }
    if (this.#bytes >= this.#bufferBytes) {
      return;
    }
    const proceed = this.#proceed;
    this.#proceed = undefined;
    proceed?.();
  }

  override _read(): void {
    // Whatever comes is pushed.
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: () => void): void {
    // The writer may use its memory again.
    this.#underWay.push(Uint8Array.prototype.slice.call(chunk));
    this.#bytes += chunk.length;
    this.#proceed = callback;
    if (this.#timer === undefined) {
      this.#carry();
    } else if (this.#bytes < this.#bufferBytes) {
      this.#proceed = undefined;
      callback();
    }
  }

  override _final(callback: () => void): void {
    if (this.other?.destroyed === false) {
      this.other.push(null);
    }
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearInterval(this.#timer);
    if (this.other?.readableEnded === false && !this.other.destroyed) {
      this.other.push(null);
    }
    callback(error);
  }
}

/** Two ends of a line, which can be cut in each direction by itself. Gone after the test. */
export function linePair(options: LineOptions = {}): [LineEnd, LineEnd] {
  const [one, other] = [new LineEnd(options), new LineEnd(options)];
  one.other = other;
  other.other = one;
  onTestFinished(() => {
    one.destroy();
    other.destroy();
  });
  return [one, other];
}
