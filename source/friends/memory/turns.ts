/** Runs tasks one after the other, in the order in which they were asked for. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles as the task does. One that fails does not keep the next ones from running. */
  take<Result>(task: () => Promise<Result>): Promise<Result> {
    const turn = this.#after(this.#last, task);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Resolves when all tasks have ended. */
  async end(): Promise<void> {
    await this.#last;
  }

  async #after<Result>(last: Promise<unknown>, task: () => Promise<Result>): Promise<Result> {
    await last;
    return task();
  }
}
