/** What the scripts complete follows from the table of commands, and covers all of it. */
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { bashTables } from '../../../source/cli/completion/bash-script.ts';
import { completedCommands, firstCommands } from '../../../source/cli/completion/completed-commands.ts';
import { fishTables } from '../../../source/cli/completion/fish-script.ts';
import {
  newSiteWords,
  topics,
  valueSource,
  wordSources,
} from '../../../source/cli/completion/word-source.ts';
import { zshTables } from '../../../source/cli/completion/zsh-script.ts';
import {
  commands,
  optionsOf,
  type Command,
  type Commands,
} from '../../../source/cli/options/command-table.ts';
import { optionForms } from '../../../source/cli/options/option.ts';
import { parseSite } from '../../../source/lab/plan/site-words.ts';
import { loadExercises } from '../../../source/workshop/load-exercises.ts';

const exercises = loadExercises();
const completed = completedCommands(exercises);
const facts = { commands: completed, first: firstCommands(), siteWords: newSiteWords() };

function everyCommand(some: Commands, before = ''): [path: string, command: Command][] {
  return Object.entries(some).flatMap(([name, command]) =>
    [[before + name, command] as [string, Command]].concat(
      everyCommand(command.commands ?? {}, `${before + name} `),
    ),
  );
}

const every = everyCommand(commands);

/** As the help shows them, without their values. */
function formsOf(command: Command): string[] {
  return Object.entries(optionsOf(command)).flatMap(([name, option]) =>
    optionForms(name, option).flatMap((form) => form.match(/(?<=^|, )--?[\w-]+/g) ?? []),
  );
}

test('every command is there with all its options', () => {
  expect(every.length).toBeGreaterThan(40);
  expect(
    completed.map(({ options, path }) => [path, options.flatMap(({ forms }) => forms).toSorted()]),
  ).toEqual(
    every.map(([path, command]) => [
      path,
      [...formsOf(command), '--help', '-h', '--version', '-V'].toSorted(),
    ]),
  );
});

test('for every word of every command it is decided what completes it', () => {
  for (const [path, { arguments: words = {}, commands: inner }] of every) {
    const count = wordSources(path, exercises).length;
    const isDecided = inner === undefined ? count > 0 === Object.keys(words).length > 0 : true;
    expect({ path, isDecided }).toEqual({ path, isDecided: true });
  }
});

test('a value of which nobody has said what completes it is noticed', () => {
  expect(() => valueSource('GALAXY')).toThrow('Nothing says how GALAXY is completed.');
});

test('the topics of the help are the pages of the manual', () => {
  const pages = globSync('source/cli/manual/**/*.md').map((file) => basename(file, '.md'));
  expect(topics).toEqual(pages.toSorted());
});

test('the words of a site are those that are read', () => {
  const { first, later, options } = newSiteWords();
  for (const word of first) {
    expect(() => parseSite(word)).not.toThrow();
  }
  for (const word of later) {
    expect(() => parseSite(`cone/${word}`)).not.toThrow();
  }
  expect(options).toEqual(expect.arrayContaining(['delay=', 'hairpin', 'upnp']));
});

/** The lines of a script that are about one command. */
const partsFor = {
  bash: (script: string, path: string) =>
    script.split('\n').find((line) => new RegExp(`^ +'?${path}'?\\) options=`).test(line)) ?? '',
  zsh: (script: string, path: string) =>
    new RegExp(`^ +'?${path}'?\\)\n +_arguments -S \\\\\n([^;]*(?:;[^;]+)*);;`, 'm').exec(script)?.[1] ?? '',
  fish: (script: string, path: string) =>
    script
      .split('\n')
      .filter((line) => new RegExp(`__punchline_at (?:\\\\')?${path}(?:\\\\'|'| )`).test(line))
      .join('\n'),
} as const;

/** An option as each script writes it. */
const written = {
  bash: (form: string) => new RegExp(`[( ]${form}[) ]`),
  zsh: (form: string) => new RegExp(`['*)]${form}[=+\\[-]`),
  fish: (form: string) =>
    form.startsWith('--') ? new RegExp(` -l ${form.slice(2)} `) : new RegExp(` -s ${form.slice(1)} `),
} as const;

test.each([
  ['bash', bashTables(facts)],
  ['zsh', zshTables(facts)],
  ['fish', fishTables(facts)],
] as const)('the script for %s has every option of the table', (shell, script) => {
  const missing = every.flatMap(([path, command]) => {
    const part = partsFor[shell](script, path);
    return formsOf(command).flatMap((form) => (written[shell](form).test(part) ? [] : [`${path} ${form}`]));
  });
  expect(missing).toEqual([]);
  // An option that is not there is noticed.
  expect(written[shell]('--gone').test(partsFor[shell](script, 'chat'))).toBe(false);
});
