import process from 'node:process';
import { isatty } from 'node:tty';

/**
 * Whether the stream was a terminal that has gone since: its window was closed,
 * or the connection to it was lost. Reading it tells only that it has ended, as
 * Ctrl-D does.
 */
export function isTerminalGone({ isTTY, fd }: { readonly isTTY?: boolean; readonly fd?: number }): boolean {
  return isTTY === true && fd !== undefined && !isatty(fd);
}

/**
 * Ends the process by the signal that its exit code tells, 128 plus the number of the signal, if one of its terminals
 * has gone. A shell sees the same exit code. Node 22.12 would abort instead, because it restores the modes of all
 * terminals at its end, and takes no failure.
 */
export function endByItsSignal(exit: number): void {
  if (exit <= 128 || ![process.stdin, process.stdout, process.stderr].some(isTerminalGone)) {
    return;
  }
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) {
    process.removeAllListeners(signal);
  }
  process.kill(process.pid, exit - 128);
}
