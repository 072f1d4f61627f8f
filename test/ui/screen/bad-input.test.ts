/**
 * Input that no terminal, config file or peer should send: the built program
 * reports it, and restores the terminal.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { aroundFrom, openConversation, sizes } from '../../helpers/chats/conversation.ts';
import { eventually } from '../../helpers/eventually.ts';
import { hostileTexts } from '../../helpers/strangers/hostile-texts.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { heardBy, program } from '../../helpers/programs/punchline.ts';
import { openTerminal, type Terminal } from '../../helpers/terminal/terminal.ts';
import { resizedWhole } from '../../helpers/terminal/whole-screen.ts';

const status = /● lan · /;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-bad-input-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function expectUntouched({ xterm, buffer, cursor }: Terminal): void {
  const { bracketedPasteMode, mouseTrackingMode, sendFocusMode } = xterm.modes;
  expect({ bracketedPasteMode, mouseTrackingMode, sendFocusMode }).toEqual({
    bracketedPasteMode: false,
    mouseTrackingMode: 'none',
    sendFocusMode: false,
  });
  expect(buffer()).toBe('normal');
  expect(cursor().isVisible).toBe(true);
}

// oxlint-disable no-control-regex -- control characters are what this file is about
/** The control sequences that the program itself writes. */
const ownSequences = /\u001B(?:\[[0-9;?<>=]*[A-Za-z$~]p?|\][289];[^\u0007\u001B]*\u001B\\)/g;
const control = /[\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F\u200B\u202A-\u202E\u2066-\u2069]/;
// oxlint-enable no-control-regex

describe.each(sizes)('in $columns columns and $rows rows', (size) => {
  const [second, third] = aroundFrom(size);

  test('a terminal that answers late can be typed in like any other', async () => {
    const { screen, peer } = await openConversation({ ...size, answers: false });
    screen.write('one\r');
    await screen.waitFor(/✓ .*one/);
    await resizedWhole(screen, second, status);
    screen.write('be');
    for (const answer of [
      '\u001B[?1004;2$y',
      '\u001B[?1u',
      '\u001B[?62;22c',
      '\u001B]11;rgb:1e1e/1e1e/2e2e\u001B\\',
      '\u001BP>|term(1)\u001B\\',
    ]) {
      // Cut where a slow line may cut it. Not after the Esc, because one that is alone for long is a key.
      screen.write(answer.slice(0, 4));
      await screen.flush();
      screen.write(answer.slice(4));
    }
    screen.write('hind\r');
    await screen.waitFor(/✓ .*behind/);
    await resizedWhole(screen, third, status);
    expect(heardBy(peer)).toEqual(['one', 'behind']);
    screen.write('\u0004');
    expect(await screen.exit).toEqual({ exitCode: 0, signal: 0 });
    expectUntouched(screen);
  });

  test('messages and name of a stranger are only text everywhere: screen, title, notification, log, summary', async () => {
    const log = join(temporaryFolder(), 'log');
    const name = '\u001B]0;owned\u0007\u009B2Jeve\u202E';
    const shownName = '␛]0;owned␇⟨U+009B⟩2Jeve⟨U+202E⟩';
    const { screen, peer } = await openConversation({
      ...size,
      name,
      args: ['--notify', 'text', '--log', log],
      env: { TERM_PROGRAM: 'iTerm.app' },
    });
    const titles: string[] = [];
    const told: string[] = [];
    screen.xterm.onTitleChange((title) => titles.push(title));
    for (const number of [0, 1, 4, 10, 11, 52, 99, 104, 777, 1337]) {
      screen.xterm.parser.registerOscHandler(number, (data) => told.push(`OSC ${number} ${data}`) > 0);
    }
    screen.xterm.parser.registerOscHandler(9, (data) => told.push(data) > 0);
    // The letter that is typed after it shows that the report was read.
    screen.write('\u001B[Ox');
    await screen.waitFor('› x');
    const texts = hostileTexts.filter(([family]) => family !== 'long').map(([, text]) => text);
    // Each line is a message, and lone surrogates cannot be sent as bytes.
    const lines = texts.flatMap((text) => text.toWellFormed().split(/\r\n|[\r\n]/)).filter(Boolean);
    peer.write(`${lines.join('\n')}\nthe end\n`);
    await screen.waitFor('the end');
    await resizedWhole(screen, second, /● lan/);
    await resizedWhole(screen, third, /● lan/);
    expect(new Set(titles.map((title) => title.replace(/ \(\d+\)$/, '')))).toEqual(
      new Set([`Punchline: "${shownName}"`]),
    );
    expect(told[0]).toContain(shownName.replaceAll(';', ','));
    expect(told.join('').match(control)).toBeNull();
    expect(told.filter((one) => one.startsWith('OSC'))).toEqual([]);
    screen.write('\u0015/quit\r');
    expect(await screen.exit).toEqual({ exitCode: 0, signal: 0 });
    expectUntouched(screen);
    expect(screen.text().replaceAll(/\s/g, '')).toContain(`"${shownName}"ended`);
    const own = screen.raw().replaceAll(ownSequences, '');
    expect(own.match(control)).toBeNull();
    const logged = readFileSync(log, 'utf8');
    expect(logged.trimEnd().split('\n')).toHaveLength(lines.length + 1);
    expect(logged.match(control)).toBeNull();
  });
});

test('answers of the terminal that come after the end are not typed into the shell', async () => {
  const { options } = await openRendezvous();
  await using terminal = openTerminal({
    command: 'bash',
    // Nobody waits in that room, so the chat ends at once.
    args: [
      '-c',
      '"$@"; read -r line; echo "the shell reads [$line]"',
      'bash',
      process.execPath,
      program,
      'chat',
      ...options,
      '1-velvet-orbit',
    ],
    answers: false,
  });
  await terminal.waitFor('Enter tries again');
  terminal.write('\u0003\u001B[?1004;2$y\u001B[?62;22c');
  await terminal.waitFor((text) => terminal.buffer() === 'normal' && text.includes('Check the number'));
  terminal.write('next\r');
  await terminal.waitFor('the shell reads [next]');
  expect(terminal.text()).not.toContain('^[');
});

test.each([sizes[0]!, sizes[3]!])(
  'a paste of 5 MB is refused with a reason, and the draft stays: $columns × $rows',
  async (size) => {
    const { screen, peer } = await openConversation(size);
    screen.write('draft');
    await screen.waitFor('› draft');
    screen.write(`\u001B[200~${'all of it '.repeat(500_000)}\u001B[201~`);
    await screen.waitFor('5,000,000 characters');
    screen.write('\r');
    await screen.waitFor(/✓ .*draft/);
    await resizedWhole(screen, aroundFrom(size)[0], status);
    expect(heardBy(peer)).toEqual(['draft']);
    screen.write('\u0003\u0003');
    expect(await screen.exit).toEqual({ exitCode: 130, signal: 0 });
    expectUntouched(screen);
  },
);

test('the program ends when its terminal is closed, and the peer is told', async () => {
  const { screen, peer } = await openConversation(sizes[0]!);
  screen.hangUp();
  expect((await peer.ended()).code).toBe(0);
  expect(peer.events.at(-1)).toMatchObject({ event: 'ended', reason: 'peer-left' });
  await eventually(() => expect(() => process.kill(screen.pid, 0)).toThrow('ESRCH'));
});

test.each<[string, string | Buffer, string]>([
  ['no JSON', '{"name": ', 'config.json'],
  ['a wrong type', '{"theme": 7}', 'theme'],
  ['a wrong word', '{"notify": "loud"}', 'notify'],
  ['an unknown key, with a control sequence', '{"\\u001b]0;owned\\u0007": 1}', '␛]0;owned␇'],
  ['keys that are none', '{"keys": {"undo": "Ctrl-Ctrl"}}', 'undo'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x1b, 0x9b, 0x22]), 'config.json'],
])('a config file with %s is reported with the reason, and no screen is opened', async (_, text, word) => {
  const home = temporaryFolder();
  mkdirSync(join(home, 'punchline'));
  writeFileSync(join(home, 'punchline', 'config.json'), text);
  await using terminal = openTerminal({
    command: process.execPath,
    args: [program, 'chat', '-s', '127.0.0.1:1'],
    env: { XDG_CONFIG_HOME: home },
    columns: 200,
  });
  expect(await terminal.exit).toEqual({ exitCode: 2, signal: 0 });
  expect(terminal.text()).toMatch(/^punchline: .*config\.json/);
  expect(terminal.text()).toContain(word);
  expect(terminal.raw().match(control)).toBeNull();
});
