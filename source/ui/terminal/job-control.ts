import { constants } from 'node:os';
import process from 'node:process';

/** A signal to this process itself is there in the next turn; one that comes later is heeded as well, a frame later. */
const SIGNAL_MS = 5;
/**
 * A stop reaches all threads within this, or never: a job whose shell is gone
 * cannot be stopped. It does not count on while the process stands still.
 */
const STOP_MS = 50;

/** While another job has the terminal, that one alone is told of a new size. Node asks for it on this signal. */
export async function refreshSize(): Promise<void> {
  if (constants.signals.SIGWINCH !== undefined) {
    process.kill(process.pid, 'SIGWINCH');
    await new Promise((resolve) => setTimeout(resolve, SIGNAL_MS));
  }
}

export interface JobControl {
  /** Stops the whole job, as Ctrl-Z does; resolves when it goes on. */
  readonly stop: () => Promise<void>;
  readonly close: () => void;
}

export interface JobControlOptions {
  /** Somebody else asks this process to stop (SIGTSTP). */
  readonly onStop: () => void;
  /** It goes on, however it was stopped. */
  readonly onContinue: () => void;
}

/** Takes over what Ctrl-Z means, until closed: the terminal is to be handed over before the process stops. */
export function watchJobControl({ onStop, onContinue }: JobControlOptions): JobControl {
  process.on('SIGTSTP', onStop);
  process.on('SIGCONT', onContinue);
  return {
    stop: async () => {
      if (constants.signals.SIGTSTP === undefined) {
        return;
      }
      // Without a listener the signal does what it is for.
      process.off('SIGTSTP', onStop);
      // The whole group, as the terminal itself would: npm and its shell wait for us, and must stop as well.
      process.kill(0, 'SIGTSTP');
      await new Promise((resolve) => setTimeout(resolve, STOP_MS));
      process.on('SIGTSTP', onStop);
    },
    close: () => {
      process.off('SIGTSTP', onStop);
      process.off('SIGCONT', onContinue);
    },
  };
}
