/**
 * The terminal goes away: its window is closed, `tmux kill-server`, an ssh
 * connection is cut. The built program ends in every state, with 129.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program } from '../../helpers/programs/punchline.ts';
import { typescriptNode } from '../../helpers/programs/typescript-program.ts';
import {
  code,
  connected,
  keptExit,
  newFolder,
  outlives,
  pidIn,
  preload,
  someCases,
  startPeer,
  testCases,
} from '../../helpers/terminal/gone.ts';
import { openTerminal } from '../../helpers/terminal/terminal.ts';

testCases(someCases);

/** Writes a script that starts the program and keeps its exit code. Returns what starts it in an interactive shell. */
function script(folder: string, args: readonly string[]): string {
  const words = [process.execPath, '--import', preload, program, ...args].map(
    (word) => `'${word.replaceAll("'", String.raw`'\''`)}'`,
  );
  const file = join(folder, 'start');
  // bash sends SIGTERM to a stopped job when it reads the end of its terminal before it gets SIGHUP.
  writeFileSync(
    file,
    `export KEEP='${folder}'\ntrap : HUP TERM\n${words.join(' ')}\necho $? >"$KEEP/exit"\n`,
  );
  return `sh ${file}`;
}

test('a terminal that has gone takes no mode, which does no harm', async () => {
  const folder = newFolder();
  const file = fileURLToPath(new URL('../../helpers/terminal/raw-mode-at-the-end.ts', import.meta.url));
  const terminal = openTerminal({
    command: 'sh',
    args: [...outlives.slice(1), ...typescriptNode, '--import', preload, file],
    env: { KEEP: folder },
  });
  pidIn(folder);
  await terminal.waitFor('a terminal: true');
  terminal.hangUp();
  expect(await keptExit(folder)).toBe(128 + constants.signals.SIGKILL);
});

test('stopped by Ctrl-Z, the program ends with 129 when its window is closed', async () => {
  const { options } = await openRendezvous();
  const peer = startPeer(options);
  const folder = newFolder();
  await using shell = openTerminal({
    command: 'bash',
    args: ['--norc', '--noprofile', '--noediting', '-i'],
    env: { PS1: 'shell> ', XDG_CONFIG_HOME: '/nonexistent' },
  });
  await shell.waitFor('shell>');
  shell.write(`${script(folder, ['chat', ...options, '--code', code])}\r`);
  await shell.waitFor(connected);
  pidIn(folder);
  shell.write('\u001A');
  await shell.waitFor('Stopped');
  shell.hangUp();
  expect(await keptExit(folder)).toBe(129);
  expect((await peer.ended()).code).toBe(0);
});

test.each(['in a chat', 'after the peer has left'])(
  '%s, the program ends with 129 when the tmux around it is killed',
  async (state) => {
    const socket = `punchline-${randomUUID()}`;
    function tmux(...words: string[]): string {
      return spawnSync('tmux', ['-L', socket, '-f', '/dev/null', ...words], { encoding: 'utf8' }).stdout;
    }
    onTestFinished(() => void tmux('kill-server'));
    const { options } = await openRendezvous();
    const peer = startPeer(options);
    const folder = newFolder();
    tmux(
      'new-session',
      '-d',
      '-x',
      '80',
      '-y',
      '24',
      '-e',
      'XDG_CONFIG_HOME=/nonexistent',
      'bash --norc --noprofile',
    );
    tmux('send-keys', '-l', script(folder, ['chat', ...options, '--code', code]));
    tmux('send-keys', 'Enter');
    await eventually(() => expect(tmux('capture-pane', '-p')).toMatch(connected));
    const pid = pidIn(folder);
    await peer.waitFor('connected');
    if (state !== 'in a chat') {
      peer.kill('SIGTERM');
    }
    const shown = state === 'in a chat' ? connected : /bob has left/;
    await eventually(() => expect(tmux('capture-pane', '-p')).toMatch(shown));
    tmux('kill-server');
    expect(await keptExit(folder)).toBe(129);
    expect(() => process.kill(pid(), 0)).toThrow('ESRCH');
  },
);
