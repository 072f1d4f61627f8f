/** What a person sees who writes: the keys, the questions, the commands. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createKeyMap } from '../../../source/ui/settings/key-map.ts';
import { type OpenScreen, openScreen, type OpenScreenOptions } from '../../helpers/terminal/open-screen.ts';
import { createScriptedChat, type ScriptedChat } from '../../helpers/chats/scripted-chat.ts';
import { connected, fromPeer } from '../../helpers/chats/story.ts';

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 40, rows: 12 },
];

async function openChat(
  options: OpenScreenOptions = {},
): Promise<{ readonly chat: ScriptedChat; readonly screen: OpenScreen }> {
  const chat = createScriptedChat();
  chat.emit(connected);
  const screen = openScreen([{ chat }], options);
  await screen.waitFor('● direct');
  return { chat, screen };
}

/** The draft as it stands on the screen, without its prompt. */
function draftOf(screen: OpenScreen): string {
  return /^› (.*)$/m.exec(screen.text())?.[1] ?? '';
}

/** Its text without the places where rows end. */
function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

function bracketed(text: string): string {
  return `\u001B[200~${text}\u001B[201~`;
}
const long = 'line\r'.repeat(7);

describe.each(sizes)('in $columns columns and $rows rows', (size) => {
  test('a long paste goes out when Enter is pressed again, in brackets or not', async () => {
    for (const pasted of [bracketed(long), long]) {
      const opened = await openChat(size);
      await using screen = opened.screen;
      screen.type(pasted);
      await screen.waitFor('line');
      screen.type('\r');
      const asked = await screen.waitFor('cancels.');
      expect(flat(asked)).toContain('Send 8 lines of 35 characters as one message? Enter again sends');
      expect(opened.chat.wishes).toEqual([]);
      screen.type('\u001B[D');
      await screen.waitFor((text) => !text.includes('cancels.'));
      screen.type('\r');
      await screen.waitFor('cancels.');
      screen.type('\r');
      await screen.waitFor('me:   line');
      expect(opened.chat.wishes).toEqual([`send ${long.replaceAll('\r', '\n')}`]);
    }
  });

  test('a paste of 5 MB is refused in words, and what was typed stays', async () => {
    const opened = await openChat(size);
    await using screen = opened.screen;
    screen.type('typed before');
    await screen.waitFor('typed before');
    screen.type(bracketed('x'.repeat(5_000_000)));
    const shown = await screen.waitFor('too many');
    expect(flat(shown)).toContain('5,000,000 characters are too many: a message has at most 64 KiB.');
    expect(shown).toContain('› typed before');
    screen.type('!\r');
    await screen.waitFor('me:   typed before!');
  });

  test('F1 shows the keys and the commands, all of them to be scrolled to', async () => {
    const opened = await openChat(size);
    await using screen = opened.screen;
    screen.type('\u001BOP');
    await screen.waitFor('Enter Alt-Enter');
    const seen = new Set<string>();
    for (const wanted of ['Ctrl-X Ctrl-E', '/heartbeat [SECONDS|off]', '//text']) {
      while (!screen.text().includes(wanted)) {
        const before = screen.text();
        screen.type('\u001B[6~');
        await screen.waitFor((text) => text !== before);
        expect(seen).not.toContain(screen.text());
        seen.add(screen.text());
      }
    }
    screen.type('x');
    await screen.waitFor('connected to anna');
    expect(draftOf(screen)).toBe('x');
  });

  test('a search shows what is looked for above what is found', async () => {
    const opened = await openChat(size);
    await using screen = opened.screen;
    screen.type('apple pie\r');
    screen.type('banana\r');
    await screen.waitFor('me:   banana');
    screen.type('\u0012');
    await screen.waitFor('search:');
    screen.type('pie');
    await screen.waitFor(/search: pie\n› apple pie/);
    expect(screen.cursor()).toMatchObject({ x: 2 + 'apple '.length, isVisible: true });
    screen.type('s');
    await screen.waitFor(/not found: pies\n› apple pie/);
    screen.type('\u0007');
    await screen.waitFor((text) => !text.includes('not found'));
    expect(draftOf(screen)).toBe('write, or /help');
  });
});

describe('commands', () => {
  test('are completed with Tab, and their arguments, or listed where several fit', async () => {
    const opened = await openChat();
    await using screen = opened.screen;
    screen.type('/he\t');
    await screen.waitFor('/help  /heartbeat');
    screen.type('a\t');
    await screen.waitFor('› /heartbeat');
    screen.type('o\t');
    await screen.waitFor('› /heartbeat off');
    screen.type('\r');
    await screen.waitFor('No more heartbeats.');
    expect(opened.chat.wishes).toEqual(['beat off']);
  });

  test('/verify shows the words to compare; without a code there are none', async () => {
    const opened = await openChat();
    await using screen = opened.screen;
    screen.type('/verify\r');
    expect(flat(await screen.waitFor('Compare'))).toContain('abandon ability able about');
    opened.chat.verification = undefined;
    screen.type('/verify\r');
    await screen.waitFor('There is nothing to compare');
  });

  test('/name and /heartbeat reach the chat, /clear the screen', async () => {
    const opened = await openChat();
    await using screen = opened.screen;
    opened.chat.emit(fromPeer('old news'));
    await screen.waitFor('old news');
    screen.type('/name Ada Lovelace\r');
    await screen.waitFor('sees you as Ada Lovelace');
    screen.type('/heartbeat 2.5\r');
    await screen.waitFor('A heartbeat every 2.5 s');
    screen.type('/clear\r');
    await screen.waitFor((text) => !text.includes('old news'));
    opened.chat.emit(fromPeer('new news'));
    await screen.waitFor('new news');
    expect(opened.chat.wishes).toEqual(['rename Ada Lovelace', 'beat 2500']);
  });

  test('the peer goes by another name where that came', async () => {
    const opened = await openChat();
    await using screen = opened.screen;
    opened.chat.emit({ event: 'renamed', name: 'Grace' }, fromPeer('hello'));
    await screen.waitFor('Grace: hello');
    expect(screen.text()).toContain('anna is now Grace');
    expect(screen.text()).toContain('● direct · Grace');
  });

  test('/log appends what is said from then on, until off', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'punchline-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'chat.log');
    const opened = await openChat();
    await using screen = opened.screen;
    opened.chat.emit(fromPeer('before'));
    await screen.waitFor('before');
    screen.type(`/log ${join(folder, 'nowhere', 'chat.log')}\r`);
    await screen.waitFor('cannot be written');
    screen.type(`\u0015/log ${file}\r`);
    await screen.waitFor('From now on');
    opened.chat.emit(fromPeer('meanwhile'));
    screen.type('mine\r');
    await screen.waitFor('me:   mine');
    screen.type('/log off\r');
    await screen.waitFor('The log was closed.');
    opened.chat.emit(fromPeer('after'));
    await screen.waitFor('after');
    expect(readFileSync(file, 'utf8')).toMatch(/^\S+ <anna> meanwhile\n\S+ > mine\n$/);
    screen.type('/log off\r');
    await screen.waitFor('There is no log.');
  });

  test.each([
    ['/heartbeat 0', '/heartbeat [SECONDS|off]: SECONDS is a number from 0.1 to 3600.'],
    ['/name', '/name NAME: It needs a name.'],
    ['/clear all', '/clear: It takes nothing more.'],
    ['/HLEP', 'There is no /HLEP. Did you mean /help?'],
  ])('%s is told what is wrong with it, and may be corrected', async (line, notice) => {
    const opened = await openChat();
    await using screen = opened.screen;
    screen.type(`${line}\r`);
    expect(flat(await screen.waitFor(notice.slice(0, 20)))).toContain(notice);
    expect(draftOf(screen)).toBe(line);
    expect(opened.chat.wishes).toEqual([]);
  });
});

describe('a terminal', () => {
  test('that answers late, into the draft, adds nothing to it', async () => {
    const opened = await openChat();
    await using screen = opened.screen;
    screen.type('be');
    for (const answer of [
      '\u001B[?62;22c',
      '\u001B]11;rgb:1e1e/1e1e/2e2e\u001B\\',
      '\u001B[24;80R',
      '\u001BP>|term(1)\u001B\\',
    ]) {
      screen.type(answer);
    }
    screen.type('hind\r');
    await screen.waitFor('me:   behind');
    expect(opened.chat.wishes).toEqual(['send behind']);
  });

  test('that speaks the kitty protocol is asked for it, and left as it was', async () => {
    const opened = await openChat();
    await using screen = opened.screen;
    expect(screen.raw()).toContain('\u001B[?u');
    expect(screen.raw()).not.toContain('\u001B[>5u');
    screen.type('\u001B[?0u');
    await screen.waitFor(() => screen.raw().includes('\u001B[>5u'));
    screen.type('one\u001B[13;2utwo\r');
    await screen.waitFor(/me: {3}one\n +two/);
    screen.type('\u001B[99;5u');
    await screen.closed;
    await screen.flush();
    expect(screen.raw().lastIndexOf('\u001B[<u')).toBeGreaterThan(screen.raw().lastIndexOf('\u001B[>5u'));
  });

  test('without it tells Shift-Enter from Enter where it can', async () => {
    const opened = await openChat();
    await using screen = opened.screen;
    screen.type('one\u001B[27;2;13~two\r');
    await screen.waitFor(/me: {3}one\n +two/);
    expect(screen.raw()).toContain('\u001B[>4;1m');
    expect(opened.chat.wishes).toEqual(['send one\ntwo']);
  });

  test('that goes away ends the chat as a hangup does', async () => {
    const opened = await openChat();
    await using screen = opened.screen;
    screen.hangUp();
    await screen.closed;
    expect(opened.chat.wishes).toEqual(['interrupt 129']);
  });
});

test('keys do what the config file says, and the help shows them', async () => {
  const keys = createKeyMap({ 'kill-to-start': ['C-k'], help: ['f2'], 'next-pane': [] });
  const opened = await openChat({ keys });
  await using screen = opened.screen;
  screen.type('one two\u001B[D\u000B');
  await screen.waitFor((text) => /^› o$/m.test(text));
  screen.type('\u001BOQ');
  const help = await screen.waitFor('F2');
  expect(help).toMatch(/Ctrl-K W +cut/);
  expect(help).not.toContain('F6');
});

test('what nobody could see or a terminal would obey is shown in the draft, and sent as it was typed', async () => {
  const opened = await openChat();
  await using screen = opened.screen;
  screen.type(bracketed('a\u001B[31mb\u202Ec\u200B'));
  await screen.waitFor('› a␛[31mb⟨U+202E⟩c⟨U+200B⟩');
  screen.type('\r');
  await screen.waitFor('me:');
  expect(opened.chat.wishes).toEqual(['send a\u001B[31mb\u202Ec\u200B']);
});

test('Ctrl-L draws the screen anew', async () => {
  const opened = await openChat();
  await using screen = opened.screen;
  const before = screen.text();
  screen.write('\u001B[2J\u001B[5;5Hgarbage');
  await screen.waitFor('garbage');
  screen.type('\u000C');
  expect(await screen.waitFor((text) => text === before)).not.toContain('garbage');
});
