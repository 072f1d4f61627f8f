/** A job of a shell, and a screen without the alternate one, in terminals of every size. */
import process from 'node:process';
import { expect } from 'vitest';
import { sizes } from '../chats/conversation.ts';
import { program } from '../programs/punchline.ts';
import { openRendezvous } from '../servers/local-rendezvous.ts';
import { openTerminal, type Terminal, type TerminalOptions } from '../terminal/terminal.ts';
import { modesOf, untouchedModes } from '../terminal/terminal-modes.ts';
import type { TestsOfSizes } from './from-sizes.ts';

/** Whether the rendezvous has answered. After that nothing changes by itself. */
function showsInvite(screen: string): boolean {
  return /\d-\w+-\w/.test(screen) && !screen.includes('Connecting');
}

export async function openRoom(
  args: readonly string[] = [],
  options: Partial<TerminalOptions> = {},
): Promise<Terminal> {
  const { options: server } = await openRendezvous();
  const terminal = openTerminal({
    command: process.execPath,
    args: [program, 'chat', ...server, ...args],
    ...options,
  });
  await terminal.waitFor(showsInvite);
  return terminal;
}

/** Starts the program as a job of a shell. */
export async function openJob(size: { readonly columns: number; readonly rows: number }): Promise<Terminal> {
  const { port } = await openRendezvous();
  const terminal = openTerminal({
    command: 'bash',
    args: ['--norc', '--noprofile', '--noediting', '-i'],
    env: { PS1: 'shell> ', SERVER: `127.0.0.1:${port}`, NODE: process.execPath, PROGRAM: program },
    ...size,
  });
  await terminal.waitFor('shell>');
  terminal.write('"$NODE" "$PROGRAM" chat -s $SERVER\r');
  await terminal.waitFor(showsInvite);
  return terminal;
}

export const modes: TestsOfSizes = {
  'Ctrl-Z restores the terminal, fg the screen': async (size) => {
    await using terminal = await openJob(size);
    terminal.write('draft');
    const before = await terminal.waitFor('draft');
    terminal.write('\u001A');
    await terminal.waitFor('Stopped');
    expect(modesOf(terminal)).toEqual(untouchedModes);
    terminal.write('fg\r');
    await terminal.waitFor((text) => text === before);
    expect(modesOf(terminal)).toMatchObject({ buffer: 'alternate', mouseTrackingMode: 'vt200' });
    terminal.write('!');
    await terminal.waitFor('draft!');
  },
  '--no-alt-screen draws on the ordinary screen of any size': async (size) => {
    await using terminal = await openRoom(['--no-alt-screen'], size);
    await terminal.waitFor('not connected');
    expect(terminal.buffer()).toBe('normal');
    expect(terminal.xterm.modes.mouseTrackingMode).toBe('none');
    for (const { columns, rows } of sizes) {
      terminal.resize(columns, rows);
      const shown = await terminal.waitFor((text) => {
        const lines = text.split('\n');
        return lines.length === rows && (lines[rows - 1] ?? '').includes('not con');
      });
      expect(shown.match(/not con/g)).toHaveLength(1);
    }
  },
};
