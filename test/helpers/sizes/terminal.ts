/** What a terminal of any size shows when it is handed to a shell and back, and without the alternate screen. */
import type { TestsOfSizes } from './from-sizes.ts';
import process from 'node:process';
import { expect } from 'vitest';
import { aroundFrom, openConversation } from '../chats/conversation.ts';
import { openRendezvous } from '../servers/local-rendezvous.ts';
import { program, startPunchline } from '../programs/punchline.ts';
import { openTerminal } from '../terminal/terminal.ts';
import { modesOf, untouchedModes } from '../terminal/terminal-modes.ts';
import { redrawn, resizedWhole } from '../terminal/whole-screen.ts';

export const status = /● lan · bob/;

export const handover: TestsOfSizes = {
  'after Ctrl-Z and fg, the screen shows what was said meanwhile, at another size': async (size) => {
    const [second, third] = aroundFrom(size);
    const { options } = await openRendezvous();
    const code = '7123-velvet-orbit';
    await using shell = openTerminal({
      command: 'bash',
      args: ['--norc', '--noprofile', '--noediting', '-i'],
      env: { PS1: 'shell> ', NODE: process.execPath, PROGRAM: program, ARGS: options.join(' ') },
      ...size,
    });
    await shell.waitFor('shell>');
    shell.write(`"$NODE" "$PROGRAM" chat $ARGS --code ${code}\r`);
    const bob = startPunchline(['chat', '--json', ...options, '--code', code, '--name', 'bob']);
    await shell.waitFor(status);
    shell.write('draft\u001A');
    await shell.waitFor('Stopped');
    expect(modesOf(shell)).toEqual(untouchedModes);
    bob.write('meanwhile\n');
    shell.resize(second.columns, second.rows);
    await redrawn(shell, () => shell.write('fg\r'));
    await shell.waitFor((text) => / +meanwhile/.test(text) && text.includes('› draft'));
    await resizedWhole(shell, third, status);
    expect(modesOf(shell)).toMatchObject({ buffer: 'alternate', mouseTrackingMode: 'vt200' });
    expect(shell.text()).toContain('› draft');
  },
  'without the alternate screen there is one screen, too, and its last frame stays above the summary': async (
    size,
  ) => {
    const [second, third, fourth] = aroundFrom(size);
    const { screen, peer } = await openConversation({ ...size, args: ['--no-alt-screen'] });
    peer.write(`${'hello '.repeat(20)}\n`);
    await screen.waitFor('hello');
    for (const { columns, rows } of [second, third, fourth, size]) {
      screen.resize(columns, rows);
      await screen.waitFor((text) => status.test(text.split('\n')[rows - 1] ?? ''));
      peer.write(`in ${columns}\n`);
      const shown = await screen.waitFor(
        (text) => new RegExp(` +in ${columns}`).test(text) && status.test(text),
      );
      expect(screen.buffer()).toBe('normal');
      const lines = shown.split('\n');
      expect(lines.filter((line) => status.test(line))).toEqual([lines.at(-1)]);
      expect(lines.filter((line) => line.startsWith('› '))).toHaveLength(1);
    }
    screen.write('/quit\r');
    await screen.exit;
    expect(modesOf(screen)).toEqual(untouchedModes);
    expect(screen.text().replaceAll(/\s+/g, ' ')).toMatch(
      / ended Chat with bob ended after .* 5 received\. $/,
    );
  },
};
