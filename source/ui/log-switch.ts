import type { Chat } from '../events.ts';
import { type ConversationLog, openConversationLog } from './lines/conversation-log.ts';

/** Which file a chat is logged to, if any; one at a time. */
export class LogSwitch {
  readonly #chat: Chat;
  #stop: (() => string | undefined) | undefined;

  /** `log`: one that is open already, and has all from the start. */
  constructor(chat: Chat, log?: ConversationLog) {
    this.#chat = chat;
    if (log !== undefined) {
      this.#follow(log);
    }
  }

  get isOn(): boolean {
    return this.#stop !== undefined;
  }

  /** From now on. Throws ERR_FILE where the file cannot be opened; then all is as before. */
  to(path: string): void {
    const log = openConversationLog(path, ({ code, message, hint = '' }) =>
      this.#chat.report({ code, message, hint }),
    );
    this.off();
    // A subscriber is first given all that happened before; of that only the peer's name is asked for.
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

  /** Ends it, where there is one; what is missing in the file, in words. */
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
