import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { usageError } from '../../errors.ts';
import { quote } from '../../text/safe-text.ts';
import { suggest } from '../../text/suggest.ts';
import { manualText } from '../manual-text.ts';

/** Topics without a page of their own, and the page that covers them. */
const otherNames = new Map([
  ['keys', 'config'],
  ['demo', 'chat'],
]);

export interface HelpOptions {
  readonly topic: string | undefined;
  /** The folder of the pages, which are Markdown files. */
  readonly pages: URL;
  /** The help of the program, which is shown above the list of topics. */
  readonly usage: () => Promise<string>;
}

/** `punchline help [TOPIC]`: shows a page of the manual. Throws ERR_USAGE if there is no such page. */
export async function runHelp({ topic, pages, usage }: HelpOptions): Promise<number> {
  const topics = (await readdir(pages))
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -3));
  if (topic === undefined) {
    process.stdout.write(`${await usage()}\nTopics of punchline help: ${topics.toSorted().join(', ')}.\n`);
    return 0;
  }
  const typed = topic.toLowerCase();
  const name = otherNames.get(typed) ?? typed;
  if (!topics.includes(name)) {
    const meant = suggest(name, topics);
    throw usageError(
      `the manual has no page ${quote(topic)}`,
      meant === undefined
        ? `Its pages are ${topics.toSorted().join(', ')}.`
        : `Did you mean punchline help ${meant}?`,
    );
  }
  const page = await readFile(new URL(`${name}.md`, pages), 'utf8');
  const { stdout } = process;
  const text = manualText(page, {
    columns: stdout.columns || 80,
    isStyled: stdout.isTTY && !process.env['NO_COLOR'],
  });
  const isLong = text.split('\n').length > (stdout.rows || 24);
  if (!(stdout.isTTY && process.stdin.isTTY && isLong && (await paged(text)))) {
    stdout.write(text);
  }
  return 0;
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
