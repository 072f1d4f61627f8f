import type { Writable } from 'node:stream';
import { countText } from '../text/wording.ts';

/**
 * Bounds what waits for a reader that takes its time, in UTF-16 units. What comes of messages and files stops far below
 * it; what comes of the connection does not, and may go on for days.
 */
const MAX_WAITING = 4 * 1024 * 1024;

export interface OutletOptions {
  /** The reader takes nothing now, and then it does again. */
  readonly onHeld?: () => void;
  readonly onFree?: () => void;
  /** What is said where so many texts are missing. */
  readonly missing: (count: number) => string;
}

/** Text for a stream whose reader may be slow, or may have stopped to read. */
export class Outlet {
  readonly #stream: Writable;
  readonly #options: OutletOptions;
  #isHeld = false;
  #missing = 0;
  #isEnding = false;

  constructor(stream: Writable, options: OutletOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  write(text: string): void {
    const isTooMuch = this.#missing > 0 || this.#stream.writableLength > MAX_WAITING;
    if (isTooMuch && !this.#isEnding) {
      this.#missing += 1;
    } else {
      this.#say(text);
    }
  }

  /** What follows is the last, and goes out whatever waits before it. */
  end(): void {
    this.#tellMissing();
    this.#isEnding = true;
  }

  #say(text: string): void {
    if (this.#stream.write(text) || this.#isHeld) {
      return;
    }
    this.#isHeld = true;
    this.#options.onHeld?.();
    this.#stream.once('drain', () => {
      this.#isHeld = false;
      this.#tellMissing();
      this.#options.onFree?.();
    });
  }

  #tellMissing(): void {
    if (this.#missing === 0) {
      return;
    }
    const count = this.#missing;
    this.#missing = 0;
    this.#say(this.#options.missing(count));
  }
}

/** Replaces lines of text that had to be dropped. */
export function omittedLine(count: number): string {
  return `* … ${countText(count, 'line was', 'lines were')} dropped, because nobody read in time …\n`;
}
