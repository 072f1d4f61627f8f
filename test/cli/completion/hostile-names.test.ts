/** No shell evaluates a name: of a file, of a friend, or whatever else the program could print. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import {
  type CompletingShell,
  completingShellOrSkip,
  shells,
} from '../../helpers/terminal/completing-shell.ts';

/** What follows a letter in names. Each would make a file if a shell evaluated it. */
const evil = [
  '$(touch made)',
  '`touch made`',
  ';touch made;',
  '"$(touch made)"',
  "';touch made;'",
  '${x:=$(touch made)}',
  '|touch made',
  '&touch made',
  '>made',
  '(touch made)',
  '\ntouch made\n',
  ' two  words',
  '\\',
  "it's",
  'say "so"',
  '!!',
  '*',
  '[a-z]',
  '{a,b}',
  '~',
  '#',
  '%s',
  '$HOME',
  '-n',
  'ü€😀',
] as const;

/** Writes down what it gets, each word with a NUL behind it. Nothing else is asked of it. */
const recorder = String.raw`case $1 in __complete) exit;; esac; printf '%s\0' "$@" >"$TEST_FOLDER/draft-words"; mv "$TEST_FOLDER/draft-words" "$TEST_FOLDER/words"`;

function made({ folder }: CompletingShell): readonly string[] {
  return readdirSync(folder).filter((name) => name === 'made');
}

describe.each(shells)('%s', (name) => {
  test('hands over each file as it is called', async (context) => {
    const shell = await completingShellOrSkip(context, name, { program: recorder });
    const record = join(shell.folder, '..', 'words');
    for (const [index, ending] of evil.entries()) {
      mkdirSync(join(shell.folder, String(index)));
      writeFileSync(join(shell.folder, String(index), `x${ending}`), '');
      shell.terminal.write(`punchline send ${index}/x\t\r`);
      const words = await eventually(() => readFileSync(record, 'utf8'));
      expect(words.split('\0')).toEqual(['send', `${index}/x${ending}`, '']);
      rmSync(record);
    }
    expect(made(shell)).toEqual([]);
  });

  test('evaluates nothing that the program prints', async (context) => {
    const lines = evil.map((ending) => `x${ending}`).join('\n');
    const shell = await completingShellOrSkip(context, name, {
      program: `cat <<'END'\n${lines}\nxylophone\nEND`,
    });
    for (const ending of evil) {
      writeFileSync(join(shell.folder, `x${ending}`), '');
    }
    for (const line of [
      '',
      'chat ',
      'send a ',
      'send a x',
      'friends remove ',
      'lab watch ',
      'lab cut a ',
      '7-x',
      'chat x',
    ]) {
      await shell.complete(`punchline ${line}`);
      await shell.complete(`punchline ${line}\t\t`);
    }
    expect((await shell.complete('punchline chat xy')).line).toBe('punchline chat xylophone ');
    expect(made(shell)).toEqual([]);
  });

  test('evaluates nothing that was typed', async (context) => {
    const shell = await completingShellOrSkip(context, name);
    if (name === 'zsh') {
      // By default, Tab of zsh itself expands what was typed, for every command.
      shell.terminal.write("bindkey '^I' complete-word\r");
    }
    for (const text of ['$(touch made)', '`touch made`', '"$(touch made)', '<(touch made)']) {
      for (const line of ['', 'lab enter ', 'send a ', 'chat --log=', 'lab up a=', '-s ']) {
        await shell.complete(`punchline ${line}${text}`);
        await shell.complete(`punchline ${line}${text} `);
      }
    }
    expect((await shell.complete('punchline ver')).line).toBe('punchline version ');
    expect(made(shell)).toEqual([]);
  });
});
