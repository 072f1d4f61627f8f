import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { usageError } from '../../errors.ts';
import { quote } from '../../text/safe-text.ts';
import { ownFilesIn, readOwnFile } from '../../storage/own-files.ts';
import { suggest } from '../../text/suggest.ts';
import { manualText } from '../manual-text.ts';
import { innerCommand } from '../options/command-table.ts';
import { lookOf, showText } from '../show-text.ts';

/** Topics without a page of their own, and the page that covers them. */
const otherNames = new Map([
  ['keys', 'config'],
  ['completion', 'config'],
  ['demo', 'chat'],
  ['exit-codes', 'json'],
  ['send', 'files'],
  ['receive', 'files'],
  ['pipe', 'files'],
  ['forward', 'files'],
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
  const folder = fileURLToPath(pages);
  const files = ownFilesIn(folder).filter((file) => file.endsWith('.md'));
  const topics = files.map((file) => basename(file, '.md'));
  if (topic === undefined) {
    await showText(`${await usage()}\nTopics of punchline help: ${topics.toSorted().join(', ')}.\n`);
    return 0;
  }
  const typed = topic.toLowerCase();
  const [first = '', second = ''] = typed.split(/\s+/);
  const name = innerCommand(first, second) === undefined ? (otherNames.get(typed) ?? typed) : first;
  if (!topics.includes(name)) {
    const meant = suggest(name, topics);
    throw usageError(
      `the manual has no page ${quote(topic)}`,
      meant === undefined
        ? `Its pages are ${topics.toSorted().join(', ')}.`
        : `Did you mean punchline help ${meant}?`,
    );
  }
  const page = readOwnFile(join(folder, files[topics.indexOf(name)] ?? ''));
  await showText(manualText(page, lookOf(process.stdout)));
  return 0;
}
