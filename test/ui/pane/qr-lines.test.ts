import { describe, expect, test } from 'vitest';
import process from 'node:process';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program } from '../../helpers/programs/punchline.ts';
import { openTerminal } from '../../helpers/terminal/terminal.ts';
import { openScreen } from '../../helpers/terminal/open-screen.ts';
import { createScriptedChat } from '../../helpers/chats/scripted-chat.ts';
import { connected, connecting, waiting } from '../../helpers/chats/story.ts';

describe('/qr', () => {
  test.each(['dark', 'light', 'plain'])('is black on white, theme %s', async (theme) => {
    const { options } = await openRendezvous();
    await using terminal = openTerminal({
      command: process.execPath,
      args: [program, 'chat', ...options, '--theme', theme],
    });
    await terminal.waitFor('Pass this');
    terminal.write('/qr\r');
    await terminal.waitFor('█▀▀▀▀▀█');
    const { active } = terminal.xterm.buffer;
    const rows = Array.from({ length: terminal.xterm.rows }, (_, row) => active.getLine(row));
    const picture = rows.filter((row) => row?.getCell(0)?.isBgDefault() === false);
    const sizes = [21, 25, 29].map((modules) => Math.ceil((modules + 4) / 2));
    expect(sizes).toContain(picture.length);
    const text = picture.map((row) => row?.translateToString(true) ?? '');
    const columns = Math.max(...text.map((row) => row.length));
    for (const row of picture) {
      const cells = Array.from({ length: columns }, (_, column) => row?.getCell(column));
      expect(new Set(cells.map((cell) => cell?.getBgColor()))).toEqual(new Set([231]));
      expect(new Set(cells.map((cell) => cell?.getFgColor()))).toEqual(new Set([16]));
      expect(row?.getCell(columns)?.isBgDefault()).toBe(true);
    }
    // The picture begins with two of the three position marks, and white around them.
    expect(text[0]?.trim()).toBe('');
    expect(text[1]).toMatch(/^ {2}█▀▀▀▀▀█ .* █▀▀▀▀▀█ {2}$/);
  });

  test.each([
    { columns: 40, rows: 12 },
    { columns: 20, rows: 6 },
  ])('says how much room it needs, if there is too little: $columns × $rows', async (size) => {
    const chat = createScriptedChat();
    chat.emit(...connecting, ...waiting);
    await using screen = openScreen([{ chat }], size);
    await screen.waitFor('not conn');
    screen.type('/qr\r');
    expect(await screen.waitFor('QR code needs')).not.toContain('▀');
  });

  test('after the connection there is nothing to show', async () => {
    const chat = createScriptedChat();
    chat.emit(...connecting, ...waiting, connected);
    await using screen = openScreen([{ chat }]);
    await screen.waitFor('● direct');
    screen.type('/qr\r');
    expect(await screen.waitFor('the invite has been used')).not.toContain('▀');
  });
});
