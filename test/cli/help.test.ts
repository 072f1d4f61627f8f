import process from 'node:process';
import { expect, test } from 'vitest';
import { commands, type Commands } from '../../source/cli/options/command-table.ts';
import { program, startPunchline } from '../helpers/programs/punchline.ts';
import { runHere } from '../helpers/programs/run-here.ts';
import { openTerminal } from '../helpers/terminal/terminal.ts';

/** All commands, and those of each, in the order of the help. */
function namesOf(some: Commands, before = ''): string[] {
  return Object.entries(some).flatMap(([name, command]) =>
    [`${before}${name}`].concat(namesOf(command.commands ?? {}, `${before}${name} `)),
  );
}

test('--help of every command, in 80 columns', async () => {
  const texts: string[] = [];
  for (const command of ['', ...namesOf(commands)]) {
    const words = command.split(' ').filter((word) => word !== '');
    const { code, stderr, stdout } = await runHere([...words, '--help']);
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
    texts.push(`===== punchline ${[...words, '--help'].join(' ')}\n${stdout}`);
  }
  await expect(texts.join('\n')).toMatchFileSnapshot('help.txt');
});

test('-h says the same, wherever it stands', async () => {
  const { stdout } = await runHere(['serve', '--help']);
  expect(await runHere(['serve', '--port', '0', '-h'])).toMatchObject({ code: 0, stdout });
});

test.each([[['--help']], [['chat', '-h']], [['workshop', 'hint', '--help']]])(
  'the built program says the same: %j',
  async (words) => {
    const here = await runHere(words);
    expect(await startPunchline(words).ended()).toMatchObject(here);
  },
);

test('the built program tells its version in one line', async () => {
  expect(await startPunchline(['--version']).ended()).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    stderr: '',
  });
});

test.each([['--version'], ['-V'], ['version'], ['chat', '-V']])('%s tells the version', async (...words) => {
  expect(await runHere(words)).toEqual({ code: 0, stdout: '0.0.0-test\n', stderr: '' });
});

test('on a terminal, the help goes through the pager, with bold headings', async () => {
  await using terminal = openTerminal({
    command: process.execPath,
    args: [program, '--help'],
    env: { PAGER: 'head -n 4 | cat -v; echo PAGED' },
  });
  expect(await terminal.exit).toMatchObject({ exitCode: 0 });
  expect(terminal.text()).toContain('^[[1mExamples^[[22m');
  expect(terminal.text()).toContain('PAGED');
});
