/** Asks a person for one line. The question stands on stderr, so that stdout stays what a script wants. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { usageError } from '../../errors.ts';
import { signals } from '../../ui/lines/until-ended.ts';
import { isTerminalGone } from '../../ui/terminal/terminal-gone.ts';

/** Swallows what would be shown of a password. */
const nowhere = { write: (_chunk: unknown, _encoding: unknown, done: () => void) => done() };

/** Whether a person can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** What was typed; undefined if the user leaves, or the terminal has gone. */
export async function askLine(question: string): Promise<string | undefined> {
  return ask(question, process.stderr);
}

/** The same for a text that nobody may see. */
export async function askSecretly(question: string): Promise<string | undefined> {
  try {
    return await ask(question, new Writable(nowhere));
  } finally {
    process.stderr.write('\n');
  }
}

/** The exit code if the user leaves instead of an answer. */
export function leftExit(): number {
  return isTerminalGone(process.stdin) ? signals.SIGHUP : signals.SIGINT;
}

function ask(question: string, output: NodeJS.WritableStream): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  lines.once('line', resolve);
  lines.once('close', () => resolve(undefined));
  // Ctrl-C. In the mode in which single keys are read, the terminal sends no signal.
  lines.once('SIGINT', () => lines.close());
  // Only now does the terminal show no keys itself, so that nobody may be asked earlier.
  if (output !== process.stderr) {
    process.stderr.write(question);
  }
  lines.setPrompt(question);
  lines.prompt();
  return promise.finally(() => lines.close());
}

/** The password of a script, or that of a person. Undefined if the person leaves. Throws ERR_USAGE if nobody can be asked. */
export async function askPassword({ isNew }: { readonly isNew: boolean }): Promise<string | undefined> {
  const given = process.env['PUNCHLINE_PASSWORD'];
  if (given !== undefined && given !== '') {
    return given;
  }
  if (!canAsk()) {
    throw usageError('there is no terminal to ask for a password in', 'Put it into PUNCHLINE_PASSWORD.');
  }
  for (;;) {
    const password = await askSecretly(isNew ? 'A password for the file: ' : 'The password of the file: ');
    if (password === undefined || (!isNew && password !== '')) {
      return password;
    }
    const again = password === '' ? undefined : await askSecretly('The same again: ');
    if (password !== '' && (again === undefined || again === password)) {
      return again;
    }
    process.stderr.write(password === '' ? 'It is empty.\n' : 'They are not the same.\n');
  }
}
