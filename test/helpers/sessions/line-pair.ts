import { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';

export interface LineOptions {
  /** By default everything arrives at once. */
  readonly bytesPerSecond?: number;
  /** How much a writer may have in flight before it must wait. By default without limit. */
  readonly bufferBytes?: number;
}

const TICK_MS = 5;

/** One end of a line. Written data arrives at the other end in order, while the line works in that direction. */
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

  /** Cuts the line in this direction, as TCP survives it: data that this end writes waits. */
  cut(): void {
    this.#isCut = true;
  }

  /** Delivers the waiting data. */
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
      // The reader takes data as fast as it comes, as sessions do.
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
    // Nothing to do: data is pushed when it comes.
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: () => void): void {
    // Copied, because the writer may reuse its memory.
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

/** The two ends of a line, which can be cut in each direction. It ends with the test. */
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
