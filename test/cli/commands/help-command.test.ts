import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { program, startPunchline } from '../../helpers/programs/punchline.ts';
import { runHere } from '../../helpers/programs/run-here.ts';
import { openTerminal } from '../../helpers/terminal/terminal.ts';

const pages = new URL('../../../source/cli/manual/', import.meta.url);
const files = readdirSync(pages, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.md'),
);
const topics = files.map((file) => basename(file, '.md'));

function pageOf(topic: string): string {
  return readFileSync(new URL(files[topics.indexOf(topic)]!, pages), 'utf8');
}

function help(...words: string[]) {
  return runHere(['help', ...words]);
}

test('there are at most thirteen pages', () => {
  expect(topics.length).toBeLessThanOrEqual(13);
});

test.each(topics)('shows the page %s, as plain text where there is no terminal', async (topic) => {
  const { code, stderr, stdout } = await help(topic);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [, title = 'no title'] = /^# (.*)/.exec(pageOf(topic)) ?? [];
  expect(stdout.split('\n', 1)).toEqual([title.replaceAll(/[`*]/g, '')]);
  expect(stdout).not.toContain('\u001B');
  // No mark of Markdown is left but in what is code, which is indented.
  expect(stdout).not.toMatch(/^(?:#|```|\|)/m);
});

test.each(topics)('wraps the page %s at 80 columns, but for code', async (topic) => {
  const { stdout } = await help(topic);
  const code = new Set(pageOf(topic).split('\n'));
  const wide = stdout.split('\n').filter((line) => line.length > 80);
  expect(wide.filter((line) => !code.has(line.slice(4)))).toEqual([]);
});

test.each([
  ['CHAT', 'punchline chat\n'],
  ['keys', 'The config file\n'],
  ['demo', 'punchline chat\n'],
  ['lab up', 'punchline lab\n'],
  ['pipe', 'Files and streams\n'],
  ['forward', 'Files and streams\n'],
])('takes %s for a topic, too', async (topic, beginning) => {
  const { code, stdout } = await help(...topic.split(' '));
  expect({ code, beginning: stdout.slice(0, beginning.length) }).toEqual({ code: 0, beginning });
});

test('lists its topics without one, below the help of the program', async () => {
  const { code, stdout } = await help();
  expect(code).toBe(0);
  const { stdout: usage } = await runHere(['--help']);
  expect(stdout.startsWith(usage)).toBe(true);
  expect(stdout).toContain(`Topics of punchline help: ${topics.toSorted().join(', ')}.`);
});

test.each([[[]], [['files']], [['serv']]])('the built program has the same pages: %j', async (words) => {
  const here = await help(...words);
  expect(await startPunchline(['help', ...words], { input: '' }).ended()).toMatchObject(here);
});

test.each([
  [['serv'], "the manual has no page 'serv'", 'Did you mean punchline help serve?'],
  [['xylophone'], "the manual has no page 'xylophone'", `Its pages are ${topics.toSorted().join(', ')}.`],
  [['../chat'], "the manual has no page '../chat'", ''],
  [['\u001B[2J'], "the manual has no page '␛[2J'", ''],
  [['chat', 'more'], "the manual has no page 'chat more'", 'Its pages are '],
])('%j is usage, with what may be meant', async (words, message, hint) => {
  const { code, stderr, stdout } = await help(...words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`punchline: ${message}\n`);
  expect(stderr).toContain(hint);
});

function inTerminal(topic: string, env: Readonly<Record<string, string>>, rows = 24) {
  return openTerminal({ command: process.execPath, args: [program, 'help', topic], rows, env });
}

test('on a terminal, a long page goes through the pager, with bold headings', async () => {
  await using terminal = inTerminal('chat', { PAGER: 'head -n 3 | cat -v; echo PAGED' });
  expect(await terminal.exit).toMatchObject({ exitCode: 0 });
  expect(terminal.text()).toContain('^[[1mpunchline chat^[[22m');
  expect(terminal.text()).toContain('PAGED');
});

test('on a terminal, a page that fits needs no pager, and NO_COLOR takes the bold', async () => {
  await using terminal = inTerminal('friends', { PAGER: 'echo PAGED', NO_COLOR: '1' }, 300);
  expect(await terminal.exit).toMatchObject({ exitCode: 0 });
  expect(terminal.text()).toContain('punchline friends');
  expect(terminal.raw()).not.toContain('\u001B[1m');
  expect(terminal.text()).not.toContain('PAGED');
});

test('a pager that is not there hides no page', async () => {
  await using terminal = inTerminal('chat', { PAGER: 'no-such-pager' }, 20);
  expect(await terminal.exit).toMatchObject({ exitCode: 0 });
  expect(terminal.text()).toContain('lines of text instead of a screen');
});
