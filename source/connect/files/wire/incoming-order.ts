import type { Entry, Offer } from './file-messages.ts';

/** Bounds the files and folders in an offer. Each is kept in memory while it is sent, and costs the receiver a file. */
export const MAX_ENTRIES = 50_000;
/** Bounds the bytes of an offer: up to here a number is exact. */
const MAX_BYTES = Number.MAX_SAFE_INTEGER;

/** Why nobody can accept such an offer, whatever room there is; undefined if it can be accepted. */
export function offerComplaint({ bytes, files, isFolder }: Offer): string | undefined {
  if (bytes > MAX_BYTES) {
    return 'more bytes are offered than any disk has';
  }
  if (files > MAX_ENTRIES) {
    return `${files} files are offered, and at most ${MAX_ENTRIES} are accepted`;
  }
  return isFolder || files === 1 ? undefined : `${files} files are offered as one file`;
}

/** What an earlier run has received: whole entries, and bytes of one more file. */
export interface Brought {
  readonly entries: number;
  readonly files: number;
  /** How many files and bytes the whole entries have. */
  readonly bytes: number;
  readonly partialBytes: number;
}

/** Checks that what is sent is what was offered. Each step returns what is wrong, in words, or undefined. */
export class IncomingOrder {
  readonly #offer: Offer;
  #entries: number;
  #files: number;
  #bytes: number;
  /** Where the next file must begin. */
  #from: number;
  /** How many bytes of the present file are still to come. */
  #missing: number | undefined;
  /** How many bytes the present file has. */
  #size = 0;
  /** How many bytes the files have that were skipped. */
  #skipped = 0;

  constructor(offer: Offer, { entries, files, bytes, partialBytes }: Brought) {
    this.#offer = offer;
    this.#entries = entries;
    this.#files = files;
    this.#bytes = bytes;
    this.#from = partialBytes;
  }

  /** How much of the offer has come, without the files that were skipped. */
  get bytes(): number {
    return this.#bytes - (this.#missing ?? 0) - this.#skipped;
  }

  entry({ isFolder, bytes, from }: Entry): string | undefined {
    if (this.#missing !== undefined) {
      return 'a file begins before the last one has ended';
    }
    if (!this.#offer.isFolder && isFolder) {
      return 'a folder comes, but a file was offered';
    }
    this.#entries += 1;
    if (this.#entries > MAX_ENTRIES) {
      return 'more folders come than are accepted';
    }
    if (isFolder) {
      return undefined;
    }
    this.#files += 1;
    this.#bytes += bytes;
    if (this.#files > this.#offer.files) {
      return 'more files come than were offered';
    }
    if (this.#bytes > this.#offer.bytes) {
      return 'more bytes come than were offered';
    }
    if (from !== this.#from || from > bytes) {
      return 'a file begins at another offset than was asked for';
    }
    this.#from = 0;
    this.#missing = bytes - from;
    this.#size = bytes;
    return undefined;
  }

  chunk(bytes: number): string | undefined {
    if (this.#missing === undefined) {
      return 'data comes that belongs to no file';
    }
    if (bytes > this.#missing) {
      return 'more data comes than the file has';
    }
    this.#missing -= bytes;
    return undefined;
  }

  end(): string | undefined {
    if (this.#missing === undefined) {
      return 'a file ends that has not begun';
    }
    if (this.#missing > 0) {
      return 'a file ends early';
    }
    this.#missing = undefined;
    return undefined;
  }

  /** The present file does not come. Its bytes count as those that were offered. */
  skip(): string | undefined {
    if (!this.#offer.isFolder) {
      return 'a file is skipped that was offered alone';
    }
    if (this.#missing === undefined) {
      return 'a file is skipped that has not begun';
    }
    this.#missing = undefined;
    this.#skipped += this.#size;
    return undefined;
  }

  complete(): string | undefined {
    const { files, bytes } = this.#offer;
    if (this.#missing !== undefined) {
      return 'all is said to be sent, but a file has not ended';
    }
    if (this.#files < files) {
      return `${this.#files} files have come of ${files} that were offered`;
    }
    return this.#bytes < bytes ? `${this.#bytes} bytes have come of ${bytes} that were offered` : undefined;
  }
}
