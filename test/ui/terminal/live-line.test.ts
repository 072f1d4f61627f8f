/** The line in a real terminal, drawn by a program of its own. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { openTerminal, type Terminal } from '../../helpers/terminal/terminal.ts';
import { typescriptNode } from '../../helpers/programs/typescript-program.ts';

const program = fileURLToPath(new URL('../../helpers/terminal/live-line-program.ts', import.meta.url));

const node = typescriptNode.map((word) => `'${word}'`).join(' ');

/** Keys arrive one by one and are not echoed, but Ctrl-Z is still a signal. */
const line = `stty -icanon -echo; ${node} '${program}'`;

function open(columns = 40, command = line): Terminal {
  return openTerminal({ command: 'bash', args: ['--norc', '-ic', command], columns, rows: 20 });
}

function rows(terminal: Terminal): string[] {
  return terminal
    .text()
    .split('\n')
    .filter((row) => row !== '');
}

test('it stands below what is written, is drawn again in place, and is gone at the end', async () => {
  await using terminal = open();
  await terminal.waitFor('line 0');
  terminal.write('w');
  await terminal.waitFor('above 1');
  terminal.write('r');
  await terminal.waitFor(/^above 1\n.*line 1/);
  expect(rows(terminal)).toEqual(['above 1', expect.stringMatching(/^line 1 x+…$/)]);
  terminal.write('q');
  await terminal.exit;
  expect(rows(terminal)).toEqual(['above 1', 'the end']);
});

test('many changes are drawn a few times a second', async () => {
  await using terminal = open();
  await terminal.waitFor('line 0');
  terminal.write('m');
  await terminal.waitFor('line 500');
  expect(terminal.raw().split('line ').length).toBeLessThan(8);
});

test('what has not changed is not drawn again', async () => {
  await using terminal = open();
  await terminal.waitFor('line 0');
  terminal.write('s');
  await terminal.waitFor('above 1');
  expect(terminal.raw().split('line 0')).toHaveLength(2);
});

test('a terminal that becomes narrower keeps no rest of it', async () => {
  await using terminal = open(60);
  await terminal.waitFor('line 0');
  terminal.resize(20, 20);
  await terminal.waitFor((screen) => screen.includes('…') && !screen.includes('x'.repeat(20)));
  expect(rows(terminal)).toEqual([expect.stringMatching(/^line 0 x{11}…$/)]);
  terminal.write('q');
  await terminal.exit;
  expect(rows(terminal)).toEqual(['the end']);
});

test('Ctrl-Z takes it away, and fg brings it back', async () => {
  const job = `set -m; ${line}; echo STOPPED; fg; echo DONE`;
  await using terminal = open(40, job);
  await terminal.waitFor('line 0');
  terminal.write('\u001A');
  await terminal.waitFor('STOPPED');
  await terminal.waitFor(/STOPPED[^]*line 0/);
  terminal.write('q\n');
  await terminal.waitFor('DONE');
  // The shell names the program, whose path may begin a row with this word.
  expect(rows(terminal).filter((row) => /^line \d/.test(row))).toEqual([]);
});

test('a job in the background draws nothing', async () => {
  const job = `set -m; ${node} '${program}' background & wait %1; echo DONE`;
  await using terminal = open(40, job);
  await eventually(() => {
    expect(terminal.text()).toContain('DONE');
  });
  expect(terminal.raw()).not.toContain('line 0');
});
