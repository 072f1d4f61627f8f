import type { Chat } from '../../events.ts';
import type { ConversationLog } from './conversation-log.ts';

/** The log of a chat: one at a time, or none. */
export class LogSwitch {
  #chat: Chat;
  #log: ConversationLog | undefined;
  #unsubscribe: (() => void) | undefined;

  /** `log` gets all that happens, from the start. */
  constructor(chat: Chat, log?: ConversationLog) {
    this.#chat = chat;
    if (log !== undefined) {
      this.#follow(log);
    }
  }

  get isOn(): boolean {
    return this.#log !== undefined;
  }

  /** Ends the log, if there is one. `log` gets what happens from now on. */
  to(log: ConversationLog): void {
    this.off();
    // A new listener is told all that happened before. Of that the log needs only the name of the peer.
    let isNow = false;
    this.#follow({
      ...log,
      print: (event) => {
        if (isNow || event.event === 'connected' || event.event === 'renamed') {
          log.print(event);
        }
      },
    });
    isNow = true;
  }

  /** The log, if there is one, goes on with another chat, which has just begun. */
  next(chat: Chat): void {
    this.#unsubscribe?.();
    this.#chat = chat;
    if (this.#log !== undefined) {
      this.#follow(this.#log);
    }
  }

  /** Ends the log, if there is one. Returns what is missing in the file, in words. */
  off(): string | undefined {
    this.#unsubscribe?.();
    const missing = this.#log?.close();
    this.#log = undefined;
    return missing;
  }

  #follow(log: ConversationLog): void {
    this.#log = log;
    this.#unsubscribe = this.#chat.subscribe(log.print);
  }
}
