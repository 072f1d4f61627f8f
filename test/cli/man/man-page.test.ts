/** The man page that the build writes, as man and mandoc read it. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { paths, variables } from '../../../source/cli/man/man-facts.ts';
import { manPage } from '../../../source/cli/man/man-page.ts';
import { underHeading } from '../../../source/cli/man/manual-part.ts';
import { bold, escaped, textLines } from '../../../source/cli/man/roff.ts';
import {
  commands,
  optionsOf,
  type Command,
  type Commands,
} from '../../../source/cli/options/command-table.ts';
import { optionForms } from '../../../source/cli/options/option.ts';
import { program } from '../../helpers/programs/punchline.ts';
import { skipWithout, type Owner } from '../../helpers/skip-without.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const built = join(dirname(program), 'man', 'punchline.1');

/** Runs a program on the man page. The test is skipped where there is none. */
function runOrSkip(context: Owner, [command = '', ...words]: readonly string[], debian: string) {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  if (!folders.some((folder) => existsSync(join(folder, command)))) {
    skipWithout(context, `${command} is not installed (Debian package ${debian})`);
  }
  // The man of other systems does not know these options.
  if (command === 'man' && !/^man \d/.test(spawnSync('man', ['--version'], { encoding: 'utf8' }).stdout)) {
    skipWithout(context, `this man is not that of man-db (Debian package ${debian})`);
  }
  const { status, stderr, stdout } = spawnSync(command, words, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', MANWIDTH: '80' },
  });
  return { status, stderr, stdout };
}

function everyCommand(some: Commands, before = ''): [path: string, command: Command][] {
  return Object.entries(some).flatMap(([name, command]) =>
    [[before + name, command] as [string, Command]].concat(
      everyCommand(command.commands ?? {}, `${before + name} `),
    ),
  );
}

test('man shows it without a warning, and no line is wider than 80 columns', (context) => {
  const shown = runOrSkip(context, ['man', '--warnings', '-E', 'UTF-8', '-l', built], 'man-db groff');
  expect({ status: shown.status, stderr: shown.stderr }).toEqual({ status: 0, stderr: '' });
  const lines = shown.stdout.split('\n');
  expect(lines.length).toBeGreaterThan(500);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  const text = lines.join('\n');
  // No escape is left, and nothing was lost that groff does not know.
  expect(text).not.toMatch(/\\|�/);
  const forms = everyCommand(commands).flatMap(([path, command]) =>
    Object.entries(optionsOf(command))
      .flatMap(([name, option]) => optionForms(name, option))
      .concat(`punchline ${path}`),
  );
  const words = text.replaceAll(/\s+/g, ' ');
  expect(forms.filter((form) => !words.includes(form.replaceAll('…', '...')))).toEqual([]);
  for (const [names] of [...variables, ...paths]) {
    expect(words).toContain(names);
  }
  expect(words).toContain('5 the peer does not hold the same code');
});

test('mandoc finds nothing to complain about', (context) => {
  const lint = runOrSkip(context, ['mandoc', '-T', 'lint', built], 'mandoc');
  expect(lint).toEqual({ status: 0, stderr: '', stdout: '' });
});

test('mandoc complains about a page that is wrong', (context) => {
  const wrong = join(root, 'package.json');
  expect(runOrSkip(context, ['mandoc', '-T', 'lint', wrong], 'mandoc').status).not.toBe(0);
});

test('a package has it where npm looks for it', () => {
  const { files, man } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly files: readonly string[];
    readonly man: readonly string[];
  };
  // npm links no page that is named outside a list.
  expect(man.map((path) => join(root, path))).toEqual([built]);
  expect(files).toContain('dist');
});

test('each variable that it names is one that the program reads', () => {
  const source = globSync('source/**/*.{ts,tsx}', { cwd: root })
    .filter((file) => !file.includes('/man/'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
  const names = variables.flatMap(([all]) => all.split(', '));
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`, 'i').test(source))).toEqual([]);
});

test('a manual without what it needs ends the build', () => {
  const facts = { version: '1', date: '2026-12-31', chat: '# punchline chat\n', json: '# gone\n' };
  expect(() => manPage(facts)).toThrow('The manual has no heading "Exit codes" any more.');
  expect(underHeading('# a\n\none\n\n# b\n\ntwo\n', 'a').map(({ raw }) => raw.trim())).toContain('one');
});

test('nothing in a text is taken for a request or an escape', () => {
  expect(escaped(String.raw`a\b -x 'c' …é`)).toBe(String.raw`a\eb \-x \(aqc\(aq ...\[u00E9]`);
  expect(textLines(escaped(".TH 'x"))).toEqual([String.raw`\&.TH \(aqx`]);
  expect(bold('')).toBe('');
  expect(textLines(`${'a'.repeat(75)}. b c`)).toEqual([`${'a'.repeat(75)}. b`, 'c']);
  expect(textLines(`${'a'.repeat(76)}. b`)).toEqual([`${'a'.repeat(76)}.${String.raw`\&`}`, 'b']);
});
