/** Sets raw mode when its terminal has gone, and kills itself if that does no harm. */
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { setRawMode } from '../../../source/ui/terminal/raw-terminal.ts';

const LOOK_MS = 10;

const { stdin, stdout } = process;
stdout.write(`a terminal: ${stdin.isTTY}`);
while (isatty(stdin.fd)) {
  await setTimeout(LOOK_MS);
}
setRawMode(stdin, true);
setRawMode(stdin, false);
// Node 22.12 aborts at an ordinary end, because it cannot restore the modes of the terminal.
process.kill(process.pid, 'SIGKILL');
