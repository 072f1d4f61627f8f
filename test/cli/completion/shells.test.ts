/** The scripts of `punchline completion` in the real shells. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { describe, expect, test } from 'vitest';
import { completedCommands } from '../../../source/cli/completion/completed-commands.ts';
import { keepFriend } from '../../helpers/friends/keep-friend.ts';
import { program } from '../../helpers/programs/punchline.ts';
import {
  type CompletingShell,
  completingShellOrSkip,
  shells,
} from '../../helpers/terminal/completing-shell.ts';

const commands = completedCommands([]);

/** The options that need a value, in all their forms. */
const valued = commands.flatMap(({ options, path }) =>
  options.flatMap(({ forms, value }) =>
    value === undefined || value.isOptional
      ? []
      : forms.map((form) => ({ path, form, source: value.source })),
  ),
);
/** Those of them whose value is one of some words. */
const withWords = valued.flatMap(({ source, ...option }) =>
  'words' in source ? [{ ...option, words: source.words.map(([word]) => word).toSorted() }] : [],
);
/** Those of them whose value is a path, with what is typed of it, and with what is there. */
const withPaths = valued.flatMap(({ source: { kind }, ...option }) =>
  kind === 'files'
    ? [{ ...option, typed: 'gra', found: 'grape.txt' }]
    : kind === 'folders'
      ? [{ ...option, typed: 'pho', found: 'photos/' }]
      : [],
);

/** What a shell offers beside what was typed differs: behind an equals sign, a comma or a colon it may leave out the beginning. */
function ends(offers: readonly string[]): readonly string[] {
  return [...new Set(offers.map((offer) => offer.replace(/^.*[=,:/](?=.)/s, '')))].toSorted();
}

async function offered(shell: CompletingShell, line: string): Promise<readonly string[]> {
  return ends((await shell.complete(line)).offers);
}

async function keepFriends({ home }: CompletingShell, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await keepFriend(home, name, { secret: randomBytes(32), role: 'a' });
  }
}

function fill({ folder }: CompletingShell): void {
  mkdirSync(join(folder, 'photos'));
  writeFileSync(join(folder, 'grape.txt'), '');
  writeFileSync(join(folder, 'two words.txt'), '');
}

/** Where the cursor stands, and what ends there. */
const lines: readonly (readonly [line: string, offers: readonly string[]])[] = [
  ['punchline workshop 3', []],
  ['punchline workshop nat', ['nat-row']],
  ['punchline workshop start ne', ['next']],
  ['punchline workshop nat-row --pr', ['--predict']],
  ['punchline workshop --js', ['--json']],
  ['punchline friends --js', ['--json']],
  ['punchline help trou', ['troubleshooting']],
  ['punchline completion ', ['bash', 'fish', 'zsh']],
  ['punchline -s worm', ['wormhole']],
  ['punchline --server=worm', ['wormhole']],
  ['punchline -s wormhole cha', []],
  ['punchline chat --here --rela', ['--relay']],
  ['punchline chat -- --rela', []],
  ['punchline lab try co', ['cone', 'counting']],
  ['punchline lab try cone coun', ['counting']],
  ['punchline lab up class a=fire', ['firewall']],
  ['punchline lab up a=cone/dr', ['drop']],
  ['punchline lab up a=cone/drop,beh', ['behind=']],
  ['punchline lab matrix random:coun', ['counting']],
  ['punchline lab matrix --kinds carrier,ran', ['random']],
  ['punchline lab matrix --answers=icmp-', ['icmp-late']],
  ['punchline workshop check --network full', ['full-cone']],
];

describe.each(shells)('%s', (name) => {
  test('offers every option of every command, and no other', async (context) => {
    const shell = await completingShellOrSkip(context, name);
    for (const { path } of commands) {
      // Alone, these two are a list.
      const meant = ['friends', 'workshop'].includes(path) ? `${path} list` : path;
      const options = commands.find((one) => one.path === meant)?.options ?? [];
      const forms = options.flatMap((option) => option.forms).toSorted();
      const { offers } = await shell.complete(`punchline ${path} -`);
      expect({ path, offers: [...new Set(offers)].toSorted() }).toEqual({ path, offers: forms });
    }
  });

  test('offers every command, and every word of an option that has some', async (context) => {
    const shell = await completingShellOrSkip(context, name);
    expect(await offered(shell, 'punchline ')).toEqual(
      commands.flatMap(({ path }) => (path.includes(' ') ? [] : [path])).toSorted(),
    );
    for (const { commands: inner, path } of commands.filter((one) => one.commands.length > 0)) {
      expect(await offered(shell, `punchline ${path} `)).toEqual(
        expect.arrayContaining(inner.map(([word]) => word)),
      );
    }
    expect(withWords.length).toBeGreaterThan(10);
    for (const { form, path, words } of withWords) {
      const line = `punchline ${path} ${form} `;
      expect({ line, offers: await offered(shell, line) }).toEqual({ line, offers: words });
    }
  });

  test('completes files and folders where an option or a command takes one', async (context) => {
    const shell = await completingShellOrSkip(context, name);
    fill(shell);
    expect(withPaths.length).toBeGreaterThan(10);
    for (const { form, found, path, typed } of withPaths) {
      const { line } = await shell.complete(`punchline ${path} ${form} ${typed}`);
      expect(line.trimEnd()).toBe(`punchline ${path} ${form} ${found}`);
    }
    for (const [typed, line] of [
      ['punchline chat --log=gra', 'punchline chat --log=grape.txt'],
      ['punchline send gra', 'punchline send grape.txt'],
      ['punchline send photos gra', 'punchline send photos grape.txt'],
      ['punchline lab replay gra', 'punchline lab replay grape.txt'],
      ['punchline workshop join pho', 'punchline workshop join photos/'],
      ['punchline workshop check -- gra', 'punchline workshop check -- grape.txt'],
      // No file can stand there.
      ['punchline chat gra', 'punchline chat gra'],
      ['punchline chat --name gra', 'punchline chat --name gra'],
      ['punchline serve --port gra', 'punchline serve --port gra'],
    ] as const) {
      expect((await shell.complete(typed)).line.trimEnd()).toBe(line);
    }
  });

  test('knows what stands before the cursor', async (context) => {
    const shell = await completingShellOrSkip(context, name);
    for (const [line, expected] of lines) {
      expect({ line, offers: await offered(shell, line) }).toEqual({ line, offers: expected });
    }
  });

  test('completes friends where a peer is meant, and nothing else of them', async (context) => {
    const shell = await completingShellOrSkip(context, name);
    await keepFriends(shell, 'Ärne', 'chatter', 'gracious');
    fill(shell);
    const all = ['chatter', 'gracious', 'Ärne'];
    for (const line of ['chat ', 'pipe ', 'receive ', 'forward ', 'friends remove ', '-s wormhole ']) {
      expect({ line, offers: await offered(shell, `punchline ${line}`) }).toEqual({ line, offers: all });
    }
    expect(await offered(shell, 'punchline ch')).toEqual(['chat', 'chatter']);
    expect(await offered(shell, 'punchline friends rename chatter ')).toEqual([]);
    expect((await shell.complete('punchline Är')).line).toBe('punchline Ärne ');
    // Behind a path, both may be meant.
    const { line, offers } = await shell.complete('punchline send photos gra');
    expect(line).toBe('punchline send photos gra');
    expect(offers.map((offer) => offer.trim())).toEqual(expect.arrayContaining(['gracious', 'grape.txt']));
    expect((await shell.complete('punchline send photos grac')).line).toBe('punchline send photos gracious ');
    expect((await shell.complete('punchline send photos two')).line).toMatch(
      /^punchline send photos (?:two\\ words\.txt|'two words\.txt') $/,
    );
  });

  test('completes the words of a code one after the other, and learns them once', async (context) => {
    const shell = await completingShellOrSkip(context, name, {
      program: `echo "$*" >>"$TEST_FOLDER/asked"; exec '${process.execPath}' '${program}' "$@"`,
    });
    expect((await shell.complete('punchline 7-velv')).line).toBe('punchline 7-velvet-');
    expect((await shell.complete('punchline chat 4711-velvet-orbi')).line).toBe(
      'punchline chat 4711-velvet-orbit ',
    );
    expect((await shell.complete('punchline chat --code 1000-zo')).offers).toEqual([
      '1000-zone-',
      '1000-zoo-',
    ]);
    expect(await offered(shell, 'punchline receive --code=1000-zone-ab')).toEqual(
      wordlist.filter((word) => word.startsWith('ab')).map((word) => `1000-zone-${word}`),
    );
    for (const line of ['7', '7-', '7-velvet-', '7-velvet-orbit-', '07-velv', '7-VELV', '7-velvet-orbit@']) {
      expect(await shell.complete(`punchline ${line}`)).toEqual({ line: `punchline ${line}`, offers: [] });
    }
    // What was typed is a secret, so the program is not told.
    expect(readFileSync(join(shell.folder, '..', 'asked'), 'utf8')).toBe('__complete words\n');
  });
});

test.for(['zsh', 'fish'] as const)('%s finds the script where the manual puts it', async (name, context) => {
  const shell = await completingShellOrSkip(context, name, { isInstalled: true });
  for (const count of [1, 2]) {
    expect({ count, ...(await shell.complete('punchline chat --relay=al')) }).toMatchObject({
      count,
      line: 'punchline chat --relay=always ',
    });
  }
});
