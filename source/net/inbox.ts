import { ProtocolError } from '../errors.ts';
import type { ServerMessage } from '../protocol/rendezvous-messages.ts';

/** Bounds what a server may send that nobody reads: it answers, it does not stream. */
const MAX_UNREAD_MESSAGES = 64;

/** What a server has said, until somebody reads it; then what ended the connection. */
export class Inbox {
  readonly #unread: ServerMessage[] = [];
  #wake: (() => void) | undefined;
  #failure: Error | undefined;

  /** Throws ProtocolError where too much is unread. */
  put(message: ServerMessage): void {
    if (this.#unread.length >= MAX_UNREAD_MESSAGES) throw new ProtocolError('too many messages at once');
    this.#unread.push(message);
    this.#wake?.();
  }

  /** Nothing more comes. */
  end(failure: Error): void {
    this.#failure ??= failure;
    this.#wake?.();
  }

  /** The next message, past or to come. Throws what the connection ended with, or the signal's reason. */
  async take(signal: AbortSignal): Promise<ServerMessage> {
    for (;;) {
      signal.throwIfAborted();
      const message = this.#unread.shift();
      if (message !== undefined) return message;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#wake = wake;
        signal.addEventListener('abort', wake);
      });
    }
  }
}
