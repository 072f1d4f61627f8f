import { ProtocolError } from '../../errors.ts';

/** Bounds the messages that nobody has read. A place only answers, so there are few. */
const MAX_UNREAD_MESSAGES = 64;

/** Keeps what a place has said until it is read, and then what ended the connection. */
export class Inbox<Message> {
  readonly #unread: Message[] = [];
  #wake: (() => void) | undefined;
  #failure: Error | undefined;

  /** Throws ProtocolError if too much is unread. */
  put(message: Message): void {
    if (this.#unread.length >= MAX_UNREAD_MESSAGES) {
      throw new ProtocolError('too many messages at once');
    }
    this.#unread.push(message);
    this.#wake?.();
  }

  /** Nothing more will come. */
  end(failure: Error): void {
    this.#failure ??= failure;
    this.#wake?.();
  }

  /** The next message, past or to come. Throws what the connection ended with, or the signal's reason. */
  async take(signal: AbortSignal): Promise<Message> {
    for (;;) {
      signal.throwIfAborted();
      const message = this.#unread.shift();
      if (message !== undefined) {
        return message;
      }
      if (this.#failure !== undefined) {
        throw this.#failure;
      }
      await new Promise<void>((resolve) => {
        function wake() {
          signal.removeEventListener('abort', wake);
          resolve();
        }
        this.#wake = wake;
        signal.addEventListener('abort', wake);
      });
    }
  }
}
