/** The bare view in an emulated terminal: what it joins is what a selection with the mouse copies. */
import { describe, expect, test } from 'vitest';
import { bareRows, bareSequence } from '../../../source/ui/copying/bare-rows.ts';
import { createKeyMap } from '../../../source/ui/settings/key-map.ts';
import { createScriptedChat } from '../../helpers/chats/scripted-chat.ts';
import { connected, connecting, fromPeer, waiting } from '../../helpers/chats/story.ts';
import { createEmulator, type Emulator } from '../../helpers/terminal/emulator.ts';
import { escape, pageDown, pageUp } from '../../helpers/terminal/keys.ts';
import { openScreen } from '../../helpers/terminal/open-screen.ts';

const sizes = [
  { columns: 200, rows: 50 },
  { columns: 80, rows: 24 },
  { columns: 40, rows: 12 },
  { columns: 20, rows: 6 },
];
const f2 = '\u001BOQ';

/** The rows up to `rows`, where those that the terminal has broken itself are joined, as in a selection. */
function selected({ xterm }: Pick<Emulator, 'xterm'>, rows = xterm.rows): string[] {
  const { active } = xterm.buffer;
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) {
    const line = active.getLine(active.baseY + row);
    const isBroken = active.getLine(active.baseY + row + 1)?.isWrapped === true;
    // A wide character that has no room leaves the last column empty.
    const isFull =
      line?.getCell(xterm.cols - 1)?.getChars() !== '' || line.getCell(xterm.cols - 1)?.getWidth() === 0;
    const text = line?.translateToString(!isBroken, 0, isFull ? xterm.cols : xterm.cols - 1) ?? '';
    lines.push(line?.isWrapped === true ? `${lines.pop() ?? ''}${text}` : text);
  }
  return lines;
}

const texts = [
  'short',
  'x'.repeat(400),
  'exactly forty columns are in this line..',
  'words that go on and on. '.repeat(8).trim(),
  '日本語'.repeat(30),
  'naïve 👩‍👩‍👧‍👦 e\u0301 '.repeat(12).trim(),
  '',
  'the end',
];

test.each([200, 80, 41, 40, 20])(
  'in %i columns a terminal has the same rows, and joins them',
  async (columns) => {
    const rows = bareRows(texts.join('\n'), columns);
    const emulator = createEmulator({ columns, rows: rows.length });
    emulator.write(bareSequence(rows));
    await emulator.flush();
    expect(emulator.xterm.buffer.active.baseY).toBe(0);
    // A wide character that has no room leaves the last column empty.
    expect(selected(emulator).map((line) => line.replaceAll(/(?<=語|日|本) (?=語|日|本)/g, ''))).toEqual(
      texts,
    );
  },
);

describe.each(sizes)('in $columns columns and $rows rows', (size) => {
  test('F2 shows the text alone, with the mouse left to the terminal, until F2 or Esc', async () => {
    const chat = createScriptedChat();
    const long = Array.from({ length: 60 }, (_, n) => `word-${n}`).join(' ');
    chat.emit(connected, fromPeer(long), fromPeer('if (a)\n  b();\n'));
    await using screen = openScreen([{ chat }], size);
    await screen.waitFor('b();');
    screen.type('draft');
    await screen.waitFor('› draft');
    expect(screen.xterm.modes.mouseTrackingMode).not.toBe('none');
    for (const back of [f2, escape]) {
      screen.type(f2);
      await screen.waitFor('Esc or F2 returns');
      expect(screen.xterm.modes.mouseTrackingMode).toBe('none');
      const lines = selected(screen, size.rows - 1);
      expect(lines.filter(Boolean).slice(-2)).toEqual(['if (a)', '  b();']);
      expect(long.endsWith(lines.at(lines.indexOf('if (a)') - 1) ?? 'nothing')).toBe(true);
      expect(screen.text()).not.toContain('draft');
      screen.type(back);
      await screen.waitFor('› draft');
      await screen.flush();
      expect(screen.xterm.modes.mouseTrackingMode).not.toBe('none');
      expect(screen.cursor().isVisible).toBe(true);
    }
  });

  test('it scrolls, and is drawn anew at another size', async () => {
    const chat = createScriptedChat();
    chat.emit(connected, ...Array.from({ length: 200 }, (_, n) => fromPeer(`line ${n}.`)));
    await using screen = openScreen([{ chat }], size);
    await screen.waitFor('line 199.');
    screen.type(f2);
    await screen.waitFor('Esc or F2 returns');
    const newest = selected(screen, size.rows - 1);
    expect(newest.at(-1)).toBe('line 199.');
    screen.type(pageUp);
    await screen.waitFor((text) => !text.includes('line 199.'));
    expect(selected(screen, size.rows - 1).at(-1)).toBe(`line ${199 - (size.rows - 2)}.`);
    screen.type(pageDown);
    await screen.waitFor('line 199.');
    expect(selected(screen, size.rows - 1)).toEqual(newest);
    screen.resize(60, 9);
    await screen.waitFor(/^line 192\.\n(?:line \d+\.\n){7}Esc or F2 returns/);
    screen.type('\u0003');
    await screen.waitFor('› ');
    expect(chat.wishes).toEqual([]);
  });
});

test('the rows in which the screen was scrolled back are the last ones', async () => {
  const chat = createScriptedChat();
  chat.emit(connected, ...Array.from({ length: 200 }, (_, n) => fromPeer(`line ${n}.`)));
  await using screen = openScreen([{ chat }]);
  await screen.waitFor('line 199.');
  screen.type('/find line 100.\r');
  await screen.waitFor((text) => text.includes('line 100.') && !text.includes('line 199.'));
  screen.type(f2);
  const shown = await screen.waitFor('Esc or F2 returns');
  expect(shown).toContain('line 100.');
  expect(shown).not.toContain('line 199.');
});

test('before there is a peer, the line to pass on is alone in its row, however narrow the screen', async () => {
  const chat = createScriptedChat();
  chat.emit(...connecting, ...waiting);
  await using screen = openScreen([{ chat }], { columns: 20, rows: 6 });
  await screen.waitFor('punchline');
  screen.type(f2);
  await screen.waitFor('Esc or F2 returns');
  expect(selected(screen, 5).filter(Boolean)).toEqual(['punchline chat 7-velvet-orbit@example.org']);
});

test('a message of a peer cannot act on the terminal', async () => {
  const chat = createScriptedChat();
  chat.emit(connected, fromPeer('a\u001B[2J\u001B]52;c;eA==\u0007b\u009B5mc'));
  await using screen = openScreen([{ chat }]);
  await screen.waitFor('52;c');
  screen.type(f2);
  const shown = await screen.waitFor('Esc or F2 returns');
  expect(shown).toContain('a␛[2J␛]52;c;eA==␇b⟨U+009B⟩5mc');
});

test('the key of the config file opens and closes it', async () => {
  const chat = createScriptedChat();
  chat.emit(connected, fromPeer('hello'));
  await using screen = openScreen([{ chat }], { keys: createKeyMap({ 'bare-view': ['M-l'] }) });
  await screen.waitFor('hello');
  screen.type('\u001Bl');
  await screen.waitFor('Esc or Alt-L returns');
  screen.type('\u001Bl');
  expect(await screen.waitFor('› ')).toContain('hello');
});

test('the end of the chat by its user closes it with the screen', async () => {
  const chat = createScriptedChat();
  chat.emit(connected, fromPeer('hello'));
  await using screen = openScreen([{ chat }]);
  await screen.waitFor('hello');
  screen.type(f2);
  await screen.waitFor('Esc or F2 returns');
  chat.emit({ event: 'ended', reason: 'interrupted', exit: 129 });
  await screen.closed;
  await screen.flush();
  expect(screen.buffer()).toBe('normal');
  expect(screen.cursor().isVisible).toBe(true);
});
