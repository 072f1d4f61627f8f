import type { Writable } from 'node:stream';
import { countText } from '../text/wording.ts';

/**
 * Bounds the text that waits for a slow reader, in UTF-16 units. Messages and files are held back long before that.
 * Events of the connection cannot be held back, and may come for days.
 */
const MAX_WAITING = 4 * 1024 * 1024;

export interface OutletOptions {
  /** Called when the reader takes nothing, and when it does again. */
  readonly onHeld?: () => void;
  readonly onFree?: () => void;
  /** Returns the text that replaces `count` texts that had to be dropped. */
  readonly missing: (count: number) => string;
}

/** Writes text to a stream whose reader may be slow, or may have stopped reading. */
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

  /** What is written after this is the end of the text. It is never dropped. */
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
