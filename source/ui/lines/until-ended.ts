import type { Chat } from '../../events.ts';

/** The signals that end a command, with their exit codes: 128 plus the number of the signal. */
export const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Resolves with the exit code of a chat. A signal interrupts the chat, and a second one ends the process at once. */
export function untilEnded(chat: Chat): Promise<number> {
  return new Promise((resolve) => {
    let interrupted = false;
    const listeners = Object.entries(signals).map(([signal, exit]) => {
      function listener() {
        if (interrupted) {
          process.exit(exit);
        }
        interrupted = true;
        chat.interrupt(exit);
      }
      process.on(signal, listener);
      return () => process.off(signal, listener);
    });
    chat.subscribe((event) => {
      if (event.event !== 'ended') {
        return;
      }
      for (const remove of listeners) {
        remove();
      }
      resolve(event.exit);
    });
  });
}
