/** Ctrl-X Ctrl-E, with real editors in a real terminal. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { needOtherUsers, stranger } from '../../helpers/programs/other-users.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program } from '../../helpers/programs/punchline.ts';
import { openTerminal, type Terminal } from '../../helpers/terminal/terminal.ts';

const ctrlXCtrlE = '\u0018\u0005';

/** Opens a chat that waits in a room, with the draft `one`. */
async function openDraft(env: Readonly<Record<string, string>>): Promise<Terminal> {
  const { options } = await openRendezvous();
  const terminal = openTerminal({
    command: process.execPath,
    args: [program, 'chat', ...options],
    env: { VISUAL: '', EDITOR: '', ...env },
  });
  await terminal.waitFor('punchline chat');
  terminal.write('one');
  await terminal.waitFor('› one');
  return terminal;
}

/** An editor that reads lines from the terminal. The last line becomes the text. */
const reading = `/bin/sh -c 'trap : INT; echo editing; until read -r line && [ -n "$line" ]; do :; done; printf "%s\\n" "$line" > "$1"' sh`;

describe('the editor', () => {
  test('gets the draft, and the draft becomes what it has written', async () => {
    await using terminal = await openDraft({ VISUAL: 'sed -i s/one/two/', EDITOR: 'false' });
    terminal.write(ctrlXCtrlE);
    await terminal.waitFor('› two');
    expect(terminal.buffer()).toBe('alternate');
    terminal.write('!\r');
    await terminal.waitFor(/… .*two!/);
  });

  test('has the terminal to itself, with Ctrl-C, on the ordinary screen', async () => {
    await using terminal = await openDraft({ EDITOR: reading });
    terminal.write(ctrlXCtrlE);
    await terminal.waitFor('editing');
    expect(terminal.buffer()).toBe('normal');
    terminal.write('\u0003');
    terminal.write('from the editor\r');
    await terminal.waitFor('› from the editor');
    expect(terminal.buffer()).toBe('alternate');
    terminal.write('\u0003');
    await terminal.waitFor('› Message your friend');
    terminal.write('\u0003\u0003');
    expect(await terminal.exit).toEqual({ exitCode: 130, signal: 0 });
  });

  test.each([
    [{}, 'Set $VISUAL or $EDITOR to an editor first.'],
    [
      { EDITOR: '/nowhere/ed' },
      'The editor /nowhere/ed was not found. Set $VISUAL or $EDITOR to another one.',
    ],
    [{ EDITOR: 'false' }, 'The editor ended with exit code 1. The draft is unchanged.'],
    [{ EDITOR: `/bin/sh -c 'kill -9 $$' sh` }, 'The draft is unchanged.'],
    [{ EDITOR: 'rm' }, 'Editing failed: the file of the draft cannot be used: it is not there.'],
  ])('that fails with %j is reported, and the draft stays', async (env, notice) => {
    await using terminal = await openDraft(env);
    terminal.write(ctrlXCtrlE);
    const shown = await terminal.waitFor((text) => text.replaceAll(/\s+/g, ' ').includes(notice));
    expect(shown).toContain('› one');
    terminal.write('!');
    await terminal.waitFor('› one!');
  });

  test.for<[string, (folder: string) => void, string]>([
    ['that all may write to', (folder) => chmodSync(folder, 0o777), 'is open to others'],
    ['below one that all may write to', (folder) => chmodSync(dirname(folder), 0o777), 'is open to others'],
    ['of another user', (folder) => chownSync(folder, stranger, stranger), 'belongs to another user'],
  ])('gets no draft in a folder for temporary files %s', async ([name, open, why], context) => {
    if (name === 'of another user') {
      needOtherUsers(context);
    }
    const above = mkdtempSync(join(tmpdir(), 'punchline-editor-'));
    onTestFinished(() => rmSync(above, { recursive: true, force: true }));
    const folder = join(above, 'tmp');
    mkdirSync(folder);
    open(folder);
    await using terminal = await openDraft({ EDITOR: 'true', TMPDIR: folder });
    terminal.write(ctrlXCtrlE);
    const shown = await terminal.waitFor((text) => text.replaceAll(/\s+/g, ' ').includes(why));
    expect(shown).toContain('Editing failed:');
    expect(shown).toContain('› one');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('gets the draft in a file for the user alone, which is removed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'punchline-editor-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o1777);
    const editor = `/bin/sh -c 'stat -c "%a" "$(dirname "$1")" "$1" | paste -sd+ > "$1~"; mv "$1~" "$1"' sh`;
    await using terminal = await openDraft({ EDITOR: editor, TMPDIR: folder });
    terminal.write(ctrlXCtrlE);
    await terminal.waitFor('› 700+600');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that is open when the chat ends is ended, and the terminal restored', async () => {
    await using terminal = await openDraft({ EDITOR: reading });
    terminal.write(ctrlXCtrlE);
    await terminal.waitFor('editing');
    process.kill(terminal.pid, 'SIGTERM');
    expect(await terminal.exit).toEqual({ exitCode: 143, signal: 0 });
    expect(terminal.buffer()).toBe('normal');
    expect(terminal.cursor().isVisible).toBe(true);
  });

  test('that is stopped with Ctrl-Z stops the whole job, and continues where it was', async () => {
    const { port } = await openRendezvous();
    // As vim does it: the signal goes to the whole process group.
    const editor = `/bin/sh -c 'echo editing; read -r key; kill -TSTP 0; read -r line; echo "$line" > "$1"' sh`;
    await using terminal = openTerminal({
      command: 'bash',
      args: ['--norc', '--noprofile', '--noediting', '-i'],
      env: { PS1: 'shell> ', VISUAL: '', EDITOR: editor },
    });
    await terminal.waitFor('shell>');
    terminal.write(`'${process.execPath}' '${program}' chat -s 127.0.0.1:${port}\r`);
    await terminal.waitFor('punchline chat 1');
    terminal.write(`one${ctrlXCtrlE}`);
    await terminal.waitFor('editing');
    terminal.write('stop\r');
    await terminal.waitFor(/Stopped[^]*shell> $/m);
    terminal.write('fg\r');
    await terminal.waitFor(/shell> fg\n/);
    terminal.write('two\r');
    await terminal.waitFor('› two');
    expect(terminal.buffer()).toBe('alternate');
  });

  test('during which the terminal was resized leaves a screen of the new size', async () => {
    await using terminal = await openDraft({ EDITOR: reading });
    terminal.write(ctrlXCtrlE);
    await terminal.waitFor('editing');
    terminal.resize(50, 15);
    terminal.write('from the editor\r');
    const shown = await terminal.waitFor(/^› from the editor\n ○ not connected/m);
    const rows = shown.split('\n');
    expect(rows).toHaveLength(15);
    expect(rows.at(-1)).toContain('○ not connected');
    expect(rows.at(-2)).toBe('› from the editor');
  });
});
