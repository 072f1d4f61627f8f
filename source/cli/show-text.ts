/** Shows a long text on stdout: on a terminal in the user's pager, so that its beginning is what is seen first. */
import { spawn } from 'node:child_process';
import process from 'node:process';
import type { HelpTextOptions } from './help-text.ts';

/** How a text has to look on a stream. */
export function lookOf(stream: NodeJS.WriteStream): HelpTextOptions {
  const { NO_COLOR, TERM } = process.env;
  return { columns: stream.columns || 80, isStyled: stream.isTTY && !NO_COLOR && TERM !== 'dumb' };
}

/** Resolves when the text is shown. */
export async function showText(text: string): Promise<void> {
  const { stdin, stdout } = process;
  const isLong = text.split('\n').length > (stdout.rows || 24);
  if (!(stdout.isTTY && stdin.isTTY && isLong && (await paged(text)))) {
    stdout.write(text);
  }
}

/** Shows the text in the user's pager. Resolves with false if there is none. */
function paged(text: string): Promise<boolean> {
  const { PAGER, LESS = 'FRX' } = process.env;
  const command = PAGER === undefined || PAGER === '' ? 'less' : PAGER;
  const pager = spawn(command, {
    shell: PAGER !== undefined,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...process.env, LESS },
  });
  return new Promise((resolve) => {
    // A reader who quits early closes the pipe, which is no error.
    pager.stdin.on('error', () => undefined);
    pager.once('error', () => resolve(false));
    // A shell exits with 127 if it does not find the pager, and with 126 if it may not run it.
    pager.once('close', (exit) => resolve(exit !== 126 && exit !== 127));
    pager.stdin.end(text);
  });
}
