import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { helpText, programHelp } from '../../source/cli/help-text.ts';
import {
  commands,
  friendsCommands,
  innerCommand,
  labCommands,
  optionsOf,
  workshopCommands,
  type Command,
} from '../../source/cli/options/command-table.ts';
import { examples, programExamples, siteWords } from '../../source/cli/options/examples.ts';
import { optionForms } from '../../source/cli/options/option.ts';
import { readTry } from '../../source/lab/matrix/try.ts';
import { parseSite } from '../../source/lab/plan/site-words.ts';
import { widthOf } from '../../source/ui/text/text-layout.ts';

const every: readonly (readonly [words: string, command: Command])[] = [
  ...Object.entries<Command>(commands),
  ...Object.entries<Command>(friendsCommands).map(([name, command]) => [`friends ${name}`, command] as const),
  ...Object.entries<Command>(labCommands).map(([name, command]) => [`lab ${name}`, command] as const),
  ...Object.entries<Command>(workshopCommands).map(
    ([name, command]) => [`workshop ${name}`, command] as const,
  ),
];

function helpOf(words: string, command: Command, columns: number, isStyled = false): string {
  return words === '' ? programHelp({ columns, isStyled }) : helpText(words, command, { columns, isStyled });
}

describe.each([40, 41, 60, 79, 80, 100, 120, 200])('in %i columns', (columns) => {
  test.each([['', { about: '' }] as const, ...every])('the help of "%s" fits', (words, command) => {
    const lines = helpOf(words, command, columns).split('\n');
    expect(lines.filter((line) => widthOf(line) > columns)).toEqual([]);
    expect(lines.filter((line) => line.endsWith(' '))).toEqual([]);
  });

  test('a meaning has at least 28 columns', () => {
    const row = helpOf('serve', commands.serve, columns).split('\n');
    const at = row.findIndex((line) => line.includes('--relay-pairs-per-address N'));
    const start = /^ */.exec(row[at + 1] ?? '')?.[0].length ?? columns;
    expect(columns - start).toBeGreaterThanOrEqual(28);
  });
});

test('the help shows every command, argument and option of the table, and its examples before all', () => {
  for (const [words, command] of every) {
    const text = helpOf(words, command, 200);
    const forms = Object.entries(optionsOf(command)).map(([name, option]) =>
      optionForms(name, option).join(', '),
    );
    for (const part of [
      ...forms,
      ...Object.keys(command.groups ?? {}),
      ...Object.keys(command.arguments ?? {}).map((name) => name.toUpperCase()),
      ...Object.keys(command.commands ?? {}).map((name) => `\n  ${name} `),
      '-h, --help',
      '-V, --version',
      `punchline help ${command.page ?? ''}`,
    ]) {
      expect(text).toContain(part);
    }
    expect(text.split('\n').slice(1, 4)).toEqual([
      '',
      'Examples',
      expect.stringContaining(`  punchline ${words}`.slice(0, 12)),
    ]);
  }
});

test('the help of the program has the groups of a chat', () => {
  const headings = programHelp({ columns: 80, isStyled: false })
    .split('\n')
    .filter((line) => /^[A-Z][\w ]*$/.test(line));
  expect(headings).toEqual([
    'Examples',
    'Usage',
    'Commands',
    'Connect',
    'Chat',
    'Screen',
    'Scripts',
    'Always',
    'More',
  ]);
});

test('headings are bold only where that is wanted, and nothing else changes', () => {
  const plain = helpOf('chat', commands.chat, 80);
  const styled = helpOf('chat', commands.chat, 80, true);
  expect(plain).not.toContain('\u001B');
  expect(styled).toContain('\u001B[1mConnect\u001B[22m\n');
  expect(stripVTControlCharacters(styled)).toBe(plain);
});

describe('an example', () => {
  const lines = [...programExamples, ...Object.values(examples).flat()].map(([line]) => line);

  test.each(lines)('names only what there is: %s', (line) => {
    expect(widthOf(line)).toBeLessThanOrEqual(38);
    const [, typed = ''] = /(?:^|\| )punchline(?: ([^>|]*))?/.exec(line) ?? [];
    const [first = '', ...rest] = typed.trim().split(' ');
    const name = Object.hasOwn(commands, first) ? (first as keyof typeof commands) : 'chat';
    // A number behind `workshop` starts an exercise, and `friends` alone lists them.
    const without = { friends: friendsCommands.list, workshop: workshopCommands.start }[name as string];
    const own = innerCommand(name, rest[0]) ?? without ?? commands[name];
    const [before] = rest.join(' ').split(' -- ');
    const known = Object.entries(optionsOf(own)).flatMap(([option, facts]) =>
      optionForms(option, facts).flatMap((form) => form.match(/(?<=^|, )--?[\w-]+/g) ?? []),
    );
    expect(known).toEqual(expect.arrayContaining((before ?? '').match(/(?<=^| )--?[\w-]+/g) ?? []));
  });

  test('of lab try has sites that exist', () => {
    for (const [line] of examples['lab try']) {
      expect(() => readTry(line.split(' ').slice(3), 0)).not.toThrow();
    }
  });
});

test('the words of a site are those that are read', () => {
  const words = new Map(siteWords);
  for (const kind of (words.get('kinds') ?? '').split(' ')) {
    expect(() => parseSite(kind)).not.toThrow();
  }
});
