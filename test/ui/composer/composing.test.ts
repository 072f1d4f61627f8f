/** Writing a message on the screen: keys, questions, commands. */
import { mkdtempSync, readFileSync, rmSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
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

/** The draft as the screen shows it, without the prompt. */
function draftOf(screen: OpenScreen): string {
  return /^› (.*?)(?: +Enter sends · F1 keys)?$/m.exec(screen.text())?.[1] ?? '';
}

/** The text without its breaks into rows. */
function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

function bracketed(text: string): string {
  return `\u001B[200~${text}\u001B[201~`;
}
const long = 'line\r'.repeat(7);

describe.each(sizes)('in $columns columns and $rows rows', (size) => {
  test('a long paste is sent when Enter is pressed twice, with or without bracketed paste', async () => {
    for (const pasted of [bracketed(long), long]) {
      const opened = await openChat(size);
      await using screen = opened.screen;
      screen.type(pasted);
      await screen.waitFor('line');
      screen.type('\r');
      const asked = await screen.waitFor('cancels.');
      expect(flat(asked)).toContain('Send 7 lines of 35 characters as one message? Enter again sends');
      expect(opened.chat.wishes).toEqual([]);
      screen.type('\u001B[D');
      await screen.waitFor((text) => !text.includes('cancels.'));
      screen.type('\r');
      await screen.waitFor('cancels.');
      screen.type('\r');
      await screen.waitFor(/you +line/);
      expect(opened.chat.wishes).toEqual([`send ${long.replaceAll('\r', '\n')}`]);
    }
  });

  test('a paste of 5 MB is refused with a reason, and the draft stays', async () => {
    const opened = await openChat(size);
    await using screen = opened.screen;
    screen.type('typed before');
    await screen.waitFor('typed before');
    screen.type(bracketed('x'.repeat(5_000_000)));
    const shown = await screen.waitFor('too many');
    expect(flat(shown)).toContain('5,000,000 characters are too many: a message has at most 64 KiB.');
    expect(shown).toContain('› typed before');
    screen.type('!\r');
    await screen.waitFor(/you +typed before!/);
  });

  test('so is one of 198 KB that the terminal does not mark, with each read that it comes in', async () => {
    const opened = await openChat(size);
    await using screen = opened.screen;
    screen.type('typed before');
    await screen.waitFor('typed before');
    const text = `${'x'.repeat(98)}\r`.repeat(2000);
    for (let at = 0; at < text.length; at += 4095) {
      screen.type(text.slice(at, at + 4095));
    }
    const shown = flat(await screen.waitFor((now) => flat(now).includes('198,000 characters')));
    expect(shown).toContain('198,000 characters are too many: a message has at most 64 KiB. Nothing was');
    expect(screen.text()).toContain('› typed before');
    screen.type('!');
    screen.type('\r');
    await screen.waitFor(/you +typed before!/);
    expect(opened.chat.wishes).toEqual(['send typed before!']);
  });

  test('Esc and a command in one read are a command', async () => {
    const opened = await openChat(size);
    await using screen = opened.screen;
    screen.type('\u001B/path\r');
    await screen.waitFor('direct to anna over');
    expect(opened.chat.wishes).toEqual([]);
  });

  test('a terminal that does not send UTF-8 is told of once, for as long as the user types', async () => {
    const opened = await openChat(size);
    await using screen = opened.screen;
    screen.type(Buffer.from('caf\u00E9 ', 'latin1'));
    await screen.waitFor('does not send UTF-8');
    screen.type('au');
    await screen.waitFor('› caf� au');
    expect(flat(screen.text())).toContain('Set its encoding, or your locale, to UTF-8.');
    screen.type('\r');
    await screen.waitFor((text) => !text.includes('UTF-8') && text.includes('you   caf� au'));
    screen.type(Buffer.from('th\u00E9!', 'latin1'));
    expect(await screen.waitFor('› th�!')).not.toContain('UTF-8');
  });

  test('a refused command is selected, and the next one replaces it', async () => {
    const opened = await openChat(size);
    await using screen = opened.screen;
    screen.type('/sned a\r');
    await screen.waitFor(/There is no\s+\/sned/);
    await screen.waitFor('› /sned a');
    screen.type('/decline\r');
    await screen.waitFor('There is no offer to decline');
    expect(draftOf(screen)).toBe('/decline');
    screen.type('x\u001B[A\u001B[A');
    await screen.waitFor('› /sned a');
    expect(opened.chat.wishes).toEqual([]);
  });

  test('F1 shows all keys and commands, and scrolls to the last one', async () => {
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
    screen.type('x\u001B[27u');
    await screen.waitFor('direct line to anna');
    expect(screen.text()).toContain('› Message anna');
  });

  test('a search shows the query above the match', async () => {
    const opened = await openChat(size);
    await using screen = opened.screen;
    screen.type('apple pie\r');
    screen.type('banana\r');
    await screen.waitFor(/… .*banana/);
    screen.type('\u0012');
    await screen.waitFor('search:');
    screen.type('pie');
    await screen.waitFor(/search: pie\n› apple pie/);
    expect(screen.cursor()).toMatchObject({ x: 2 + 'apple '.length, isVisible: true });
    screen.type('s');
    await screen.waitFor(/not found: pies\n› apple pie/);
    screen.type('\u0007');
    await screen.waitFor((text) => !text.includes('not found'));
    expect(draftOf(screen)).toBe('Message anna');
  });
});

describe('commands', () => {
  test('and their arguments are completed with Tab, or listed if several match', async () => {
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

  test('/name and /heartbeat act on the chat, /clear on the screen', async () => {
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

  test('a new name of the peer is shown from that message on', async () => {
    const opened = await openChat();
    await using screen = opened.screen;
    opened.chat.emit({ event: 'renamed', name: 'Grace' }, fromPeer('hello'));
    await screen.waitFor('Grace  hello');
    expect(screen.text()).toContain('anna is now Grace');
    expect(screen.text()).toContain('● direct · Grace');
  });

  test('/log reads a path as Tab writes it, and as it is quoted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'punchline-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const names = [`my "old" 'chat'.log`, 'new chat.log'];
    writeFileSync(join(folder, names[0] ?? ''), '');
    const opened = await openChat();
    await using screen = opened.screen;
    screen.type(`/log ${folder}/my\t`);
    await screen.waitFor(String.raw`my\ \"old\"\ \'chat\'.log`);
    screen.type('\r');
    await screen.waitFor('From now on');
    opened.chat.emit(fromPeer('first'));
    screen.type(`/log "${folder}/${names[1]}"\r`);
    await screen.waitFor('new chat.log.');
    opened.chat.emit(fromPeer('second'));
    screen.type('/log off\r');
    await screen.waitFor('The log was closed.');
    expect(readdirSync(folder).toSorted()).toEqual(names);
    expect(
      names.map((name) => readFileSync(join(folder, name), 'utf8').split(' ').slice(1).join(' ')),
    ).toEqual(['<anna> first\n', '<anna> second\n']);
  });

  test('/log appends the messages that follow, until /log off', async () => {
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
    await screen.waitFor(/you +mine/);
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
    ['/path all', '/path [--svg FILE]: It takes nothing but --svg FILE.'],
    ['/path --svg', '/path [--svg FILE]: --svg needs a file.'],
    ['/path --svgz', '/path [--svg FILE]: It takes nothing but --svg FILE.'],
    ['/HLEP', 'There is no /HLEP. Did you mean /help?'],
    ['/xylophone', 'There is no /xylophone. /help lists all.'],
  ])('%s gets a reason, and stays to be corrected', async (line, notice) => {
    const opened = await openChat();
    await using screen = opened.screen;
    screen.type(`${line}\r`);
    expect(flat(await screen.waitFor(notice.slice(0, 20)))).toContain(notice);
    expect(draftOf(screen)).toBe(line);
    expect(opened.chat.wishes).toEqual([]);
  });
});

describe('a terminal', () => {
  test('that answers late adds nothing to the draft', async () => {
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
    await screen.waitFor(/you +behind/);
    expect(opened.chat.wishes).toEqual(['send behind']);
  });

  test('with the kitty protocol is set to it, and restored', async () => {
    const opened = await openChat();
    await using screen = opened.screen;
    expect(screen.raw()).toContain('\u001B[?u');
    expect(screen.raw()).not.toContain('\u001B[>5u');
    screen.type('\u001B[?0u');
    await screen.waitFor(() => screen.raw().includes('\u001B[>5u'));
    screen.type('one\u001B[13;2utwo\r');
    await screen.waitFor(/… .*one\n +two/);
    // Ctrl-C asks once.
    screen.type('\u001B[99;5u');
    screen.type('\u001B[99;5u');
    await screen.closed;
    await screen.flush();
    expect(screen.raw().lastIndexOf('\u001B[<u')).toBeGreaterThan(screen.raw().lastIndexOf('\u001B[>5u'));
  });

  test('without the kitty protocol can tell Shift-Enter from Enter in another way', async () => {
    const opened = await openChat();
    await using screen = opened.screen;
    screen.type('one\u001B[27;2;13~two\r');
    await screen.waitFor(/… .*one\n +two/);
    expect(screen.raw()).toContain('\u001B[>4;1m');
    expect(opened.chat.wishes).toEqual(['send one\ntwo']);
  });

  test('that is closed ends the chat like SIGHUP', async () => {
    const opened = await openChat();
    await using screen = opened.screen;
    screen.hangUp();
    await screen.closed;
    expect(opened.chat.wishes).toEqual(['interrupt 129']);
  });

  test('that is closed ends the process only as long as the screen stands', async () => {
    const opened = await openChat();
    await using screen = opened.screen;
    const set = vi.spyOn(globalThis, 'setTimeout');
    const clear = vi.spyOn(globalThis, 'clearTimeout');
    onTestFinished(() => void vi.restoreAllMocks());
    screen.hangUp();
    await screen.closed;
    const forced = set.mock.calls.findIndex(([act, ms]) => ms === 2000 && String(act).includes('exit'));
    expect(forced).not.toBe(-1);
    expect(clear).toHaveBeenCalledWith(set.mock.results[forced]?.value);
  });
});

test('keys of the config file work, and the help shows them', async () => {
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

test('invisible and control characters are made visible in the draft, and sent unchanged', async () => {
  const opened = await openChat();
  await using screen = opened.screen;
  screen.type(bracketed('a\u001B[31mb\u202Ec\u200B'));
  await screen.waitFor('› a␛[31mb⟨U+202E⟩c⟨U+200B⟩');
  screen.type('\r');
  await screen.waitFor(' you ');
  expect(opened.chat.wishes).toEqual(['send a\u001B[31mb\u202Ec\u200B']);
});

test('Ctrl-L redraws the screen', async () => {
  const opened = await openChat();
  await using screen = opened.screen;
  const before = screen.text();
  screen.write('\u001B[2J\u001B[5;5Hgarbage');
  await screen.waitFor('garbage');
  screen.type('\u000C');
  expect(await screen.waitFor((text) => text === before)).not.toContain('garbage');
});
