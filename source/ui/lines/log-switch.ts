import type { Chat } from '../../events.ts';
import type { ConversationLog } from './conversation-log.ts';

/** The log of a chat: one at a time, or none. */
export class LogSwitch {
  readonly #chat: Chat;
  #stop: (() => string | undefined) | undefined;

  /** `log` gets all that happens, from the start. */
  constructor(chat: Chat, log?: ConversationLog) {
    this.#chat = chat;
    if (log !== undefined) {
      this.#follow(log);
    }
  }

  get isOn(): boolean {
    return this.#stop !== undefined;
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

  /** Ends the log, if there is one. Returns what is missing in the file, in words. */
  off(): string | undefined {
    const missing = this.#stop?.();
    this.#stop = undefined;
    return missing;
  }

  #follow(log: ConversationLog): void {
    const unsubscribe = this.#chat.subscribe(log.print);
    this.#stop = () => {
      unsubscribe();
      return log.close();
    };
  }
}
