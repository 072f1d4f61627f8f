import type { Chat } from '../../events.ts';

/** Signals that end a command, and the exit codes that say so (128 and the signal's number). */
export const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Resolves with the exit code of a chat; a signal interrupts it, a second one ends the process at once. */
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
