import { ByteQueue } from '../../protocol/framing/byte-queue.ts';

/** Keeps what has arrived until the reader wants it, and passes it on then. */
export class ReadBuffer {
  readonly #kept = new ByteQueue();
  readonly #pieceBytes: number;
  readonly #push: (bytes: Uint8Array | null) => boolean;
  #isWanted = false;
  #hasEnded = false;

  /** @param push takes the next bytes, or null at the end, and returns whether it wants more. */
  constructor(pieceBytes: number, push: (bytes: Uint8Array | null) => boolean) {
    this.#pieceBytes = pieceBytes;
    this.#push = push;
  }

  arrived(bytes: Uint8Array): void {
    if (this.#isWanted && this.#kept.length === 0) {
      this.#isWanted = this.#push(bytes);
    } else {
      this.#kept.append(bytes);
    }
  }

  /** Nothing more arrives. */
  end(): void {
    this.#hasEnded = true;
    this.#deliver();
  }

  /** The reader wants more. */
  want(): void {
    this.#isWanted = true;
    this.#deliver();
  }

  #deliver(): void {
    while (this.#isWanted) {
      const bytes = this.#kept.read(this.#kept.start, this.#pieceBytes);
      if (bytes === undefined) {
        if (!this.#hasEnded) {
          return;
        }
        this.#isWanted = false;
        this.#push(null);
        return;
      }
      this.#kept.drop(this.#kept.start + bytes.length);
      this.#isWanted = this.#push(bytes);
    }
  }
}
