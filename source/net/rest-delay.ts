/**
 * What is left of a long write behind its last whole segment: if the writer
 * goes on, the rest goes as part of a whole one, for half the price. It waits
 * until the writer has had a turn to go on, and no longer.
 */
export class RestDelay {
  readonly #onOver: () => void;
  #wait: NodeJS.Immediate | undefined;

  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  /** Whether a rest has company to wait for. */
  get isWaiting(): boolean {
    return this.#wait !== undefined;
  }

  /** Anew with each long write. */
  start(): void {
    this.stop();
    // The first comes in the turn that brought the write; before the second, the writer's source was read once more.
    this.#wait = setImmediate(() => {
      this.#wait = setImmediate(() => {
        this.#wait = undefined;
        this.#onOver();
      });
    });
  }

  stop(): void {
    clearImmediate(this.#wait);
    this.#wait = undefined;
  }
}
