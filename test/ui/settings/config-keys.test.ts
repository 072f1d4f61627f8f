import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program } from '../../helpers/programs/punchline.ts';
import { openTerminal } from '../../helpers/terminal/terminal.ts';

test('the config file changes keys in the built program', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'punchline'));
  const config = { keys: { undo: 'Ctrl-Z', 'line-start': ['F2', 'Ctrl-X Ctrl-A'] } };
  writeFileSync(join(folder, 'punchline', 'config.json'), JSON.stringify(config));
  const { options } = await openRendezvous();
  await using terminal = openTerminal({
    command: process.execPath,
    args: [program, 'chat', ...options],
    env: { XDG_CONFIG_HOME: folder },
  });
  await terminal.waitFor('punchline chat');
  terminal.write('two\u0018\u0001one \u001BOQ0');
  await terminal.waitFor('› 0one two');
  terminal.write('\u001A');
  await terminal.waitFor('› one two');
  terminal.write('\u0003\u001BOP');
  expect(await terminal.waitFor('Ctrl-Y Z')).toContain('F2 Ctrl-E');
});
