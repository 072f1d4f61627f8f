import { isatty } from 'node:tty';

/**
 * Whether the stream was a terminal that has gone since: its window was closed,
 * or the connection to it was lost. Reading it tells only that it has ended, as
 * Ctrl-D does.
 */
export function isTerminalGone({ isTTY, fd }: { readonly isTTY?: boolean; readonly fd?: number }): boolean {
  return isTTY === true && fd !== undefined && !isatty(fd);
}
