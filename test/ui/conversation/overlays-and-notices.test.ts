/** Things that the screen shows for a moment: overlays, matches, notices, drafts that are larger than their rows. */
import { describe, expect, test } from 'vitest';
import { openScreen } from '../../helpers/terminal/open-screen.ts';
import { createScriptedChat, type ScriptedChat } from '../../helpers/chats/scripted-chat.ts';
import { connected, fromPeer, wholeStory } from '../../helpers/chats/story.ts';

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 40, rows: 12 },
  { columns: 20, rows: 6 },
];
const small = { columns: 20, rows: 6 };
const pageDown = '\u001B[6~';

function openedChat(): ScriptedChat {
  const chat = createScriptedChat();
  chat.emit(...wholeStory);
  return chat;
}

describe.each(sizes)('in $columns columns and $rows rows', (size) => {
  test.each(['/help', '/path'])('%s can be scrolled to its last row, and tells how', async (command) => {
    const chat = openedChat();
    await using screen = openScreen([{ chat }], size);
    await screen.waitFor('● direct');
    screen.type(`${command}\r`);
    const last = command === '/help' ? /send\s+\/text/ : /251\s+ms|proved the code/;
    const closes = / Esc closes$|^Esc closes$/m;
    let shown = await screen.waitFor(closes);
    const hints =
      command === '/help'
        ? {
            20: /^↓ \d+ · Esc closes$/m,
            40: /^↑↓ PgUp PgDn scroll · ↓ \d+ · Esc closes$/m,
            80: /^↑↓ PgUp PgDn scroll · ↓ \d+ below · Esc closes$/m,
            120: /^Esc closes$/m,
          }
        : {
            20: /^↓ \d+ · Esc closes$/m,
            40: /^↓ \d+ · l log · Esc closes$/m,
            80: /^l log · Esc closes$/m,
            120: /^l log · Esc closes$/m,
          };
    expect(shown).toMatch(hints[size.columns as keyof typeof hints]);
    while (/↓ \d+/.test(shown)) {
      const before = shown;
      screen.type(pageDown);
      shown = await screen.waitFor((text) => text !== before);
    }
    expect(shown).toMatch(last);
    expect(screen.xterm.buffer.active.baseY).toBe(0);
    screen.type('\u001B[27u');
    await screen.waitFor((text) => !closes.test(text));
  });

  test('a match is in view, however long its message is', async () => {
    const chat = createScriptedChat();
    const tall = Array.from({ length: 60 }, (_, n) => (n === 20 ? 'the needle' : `row ${n}.`)).join('\n');
    chat.emit(connected, fromPeer('before'), fromPeer(tall), fromPeer('after'));
    await using screen = openScreen([{ chat }], size);
    await screen.waitFor('after');
    screen.type('/find needle\r');
    await screen.waitFor(/needle/);
    expect(screen.text()).toContain('Match 1 of 1');
  });

  test('arrows mark a draft of which more is out of sight', async () => {
    const chat = openedChat();
    await using screen = openScreen([{ chat }], size);
    await screen.waitFor('● direct');
    screen.type(`\u001B[200~${Array.from({ length: 20 }, (_, n) => `line ${n}`).join('\r')}\u001B[201~`);
    await screen.waitFor(/^↑ line \d+[^]*^ {2}line 19$/m);
    screen.type('\u001B<');
    expect(await screen.waitFor('› line 0')).toMatch(/^↓ line \d+$/m);
  });
});

test('an overlay tells of messages that come meanwhile', async () => {
  const chat = openedChat();
  await using screen = openScreen([{ chat }]);
  await screen.waitFor('● direct');
  chat.emit(fromPeer('seen'));
  screen.type('/path\r');
  await screen.waitFor('Esc closes');
  expect(screen.text()).not.toContain('new message');
  chat.emit(fromPeer('one'));
  await screen.waitFor(/1 new message ·.* Esc closes/);
  chat.emit(fromPeer('two'));
  await screen.waitFor(/2 new messages ·.* Esc closes/);
  screen.type('x');
  await screen.waitFor("'x' does nothing here. Esc closes this view.");
  screen.type('\u001B[200~pasted\u001B[201~');
  await screen.waitFor('A paste does nothing here. Esc closes this view.');
  expect(screen.text()).not.toContain('pasted');
  screen.type('\u001B[27u');
  expect(await screen.waitFor('two')).toMatch(/new ─+\n.*one\n.*two/);
});

test('help that was scrolled is shown from its start once it fits', async () => {
  const chat = openedChat();
  await using screen = openScreen([{ chat }], small);
  await screen.waitFor('● direct');
  screen.type(`/help\r${pageDown.repeat(20)}`);
  await screen.waitFor((text) => !text.includes('Enter') && /[↑↓] \d/.test(text));
  screen.resize(120, 40);
  expect(await screen.waitFor('Enter Alt-Enter')).toMatch(/send \/text/);
});

test('a sentence without enough room ends with an ellipsis, and the words to compare come first', async () => {
  const chat = openedChat();
  await using screen = openScreen([{ chat }], small);
  await screen.waitFor('● direct');
  screen.type('/verify\r');
  const shown = await screen.waitFor('…');
  expect(shown.replaceAll(/\s+/g, ' ')).toContain('abandon ability able about.');
});

test('a failure and its hint are two sentences', async () => {
  const chat = createScriptedChat();
  chat.emit(connected);
  await using screen = openScreen([{ chat }]);
  chat.emit({ event: 'error', code: 'ERR_FILE', message: 'the log is full', hint: 'Make room.' });
  expect(await screen.waitFor('Make room.')).toContain('─ the log is full. Make room.');
});
