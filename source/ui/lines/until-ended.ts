import type { Chat } from '../../events.ts';

/** The signals that end a command, with their exit codes: 128 plus the number of the signal. */
export const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Calls back with the exit code for each of them, until the returned function is called. */
export function onSignals(listener: (exit: number) => void): () => void {
  const removers = Object.entries(signals).map(([signal, exit]) => {
    function onSignal() {
      return listener(exit);
    }
    process.on(signal, onSignal);
    return () => process.off(signal, onSignal);
  });
  return () => {
    for (const remove of removers) {
      remove();
    }
  };
}

/** Resolves with the exit code of a chat. A signal interrupts the chat, and a second one ends the process at once. */
export function untilEnded(chat: Chat): Promise<number> {
  return new Promise((resolve) => {
    let interrupted = false;
    const stopListening = onSignals((exit) => {
      if (interrupted) {
        process.exit(exit);
      }
      interrupted = true;
      chat.interrupt(exit);
    });
    chat.subscribe((event) => {
      if (event.event === 'ended') {
        stopListening();
        resolve(event.exit);
      }
    });
  });
}
