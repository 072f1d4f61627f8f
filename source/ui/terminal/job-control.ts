import { constants } from 'node:os';
import process from 'node:process';

/**
 * A signal that a process sends to itself arrives in the next turn of the event
 * loop. A later one is handled too, one frame later.
 */
const SIGNAL_MS = 5;
/**
 * A stop signal reaches all threads within this time, or never: a job whose
 * shell has gone cannot be stopped. The timer does not run while the process is
 * stopped.
 */
const STOP_MS = 50;

/**
 * Makes Node ask for the terminal's size again. A resize is signalled only to
 * the job that has the terminal, so we may have missed one while another job
 * had it.
 */
export async function refreshSize(): Promise<void> {
  if (constants.signals.SIGWINCH !== undefined) {
    process.kill(process.pid, 'SIGWINCH');
    await new Promise((resolve) => setTimeout(resolve, SIGNAL_MS));
  }
}

/** Handles Ctrl-Z while it is open. */
export interface JobControl {
  /** Stops the whole job, as Ctrl-Z does. Resolves when the job continues. */
  readonly stop: () => Promise<void>;
  readonly close: () => void;
}

export interface JobControlOptions {
  /** Another process asks this one to stop (SIGTSTP). */
  readonly onStop: () => void;
  /** The process continues, however it was stopped. */
  readonly onContinue: () => void;
}

/** Handles Ctrl-Z until closed, because the terminal has to be handed over before the process stops. */
export function watchJobControl({ onStop, onContinue }: JobControlOptions): JobControl {
  process.on('SIGTSTP', onStop);
  process.on('SIGCONT', onContinue);
  return {
    stop: async () => {
      if (constants.signals.SIGTSTP === undefined) {
        return;
      }
      // Without a listener, the signal stops the process.
      process.off('SIGTSTP', onStop);
      // The signal goes to the whole process group, as from the terminal itself: npm and its shell wait for us and
      // must stop as well.
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
