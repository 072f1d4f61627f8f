const replacement = '\uFFFD';
/** The length of U+FFFD in UTF-8. A read may end within it. */
const REPLACEMENT_BYTES = 3;

/**
 * Reads what a terminal or a script sends as UTF-8, however it is cut into
 * reads, and finds out whether it is another encoding.
 */
export class Utf8Reader {
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  #before: Uint8Array = new Uint8Array();
  #isBroken = false;

  /** Whether bytes have come that are not UTF-8. Each is read as U+FFFD. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  read(chunk: Uint8Array): string {
    const text = this.#utf8.decode(chunk, { stream: true });
    if (!this.#isBroken && text.includes(replacement)) {
      const bytes = Buffer.concat([this.#before, chunk]);
      this.#isBroken = countOf(text, replacement) > countOf(bytes.toString('latin1'), '\u00EF\u00BF\u00BD');
    }
    const last = chunk.length < REPLACEMENT_BYTES - 1 ? Buffer.concat([this.#before, chunk]) : chunk;
    this.#before = last.slice(1 - REPLACEMENT_BYTES);
    return text;
  }

  /** The text of bytes at the end of the input that were to become a character. */
  end(): string {
    const text = this.#utf8.decode();
    this.#isBroken ||= text !== '';
    return text;
  }
}

function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}
