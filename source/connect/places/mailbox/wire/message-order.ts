/**
 * Bounds the messages of a side that wait for an earlier one. A meeting has some ten, and a mailbox that holds back more
 * than these is broken.
 */
const MAX_AHEAD = 64;

/** Puts the messages of one side into the order of their numbers, from 0, and drops what it has had. */
export class MessageOrder<Message> {
  readonly #ahead = new Map<number, Message>();
  #next = 0;

  /** Takes one message, and returns those whose turn it is. The first of several with one number counts. */
  put(count: number, message: Message): Message[] {
    if (count < this.#next || count >= this.#next + MAX_AHEAD || this.#ahead.has(count)) {
      return [];
    }
    this.#ahead.set(count, message);
    const due: Message[] = [];
    for (;;) {
      const next = this.#ahead.get(this.#next);
      if (next === undefined) {
        return due;
      }
      this.#ahead.delete(this.#next);
      this.#next += 1;
      due.push(next);
    }
  }
}
