/**
 * Input that no terminal, config file or peer should send: the built program
 * reports it, and restores the terminal.
 */
import type { TestsOfSizes } from './from-sizes.ts';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { aroundFrom, openConversation } from '../chats/conversation.ts';
import { hostileTexts } from '../strangers/hostile-texts.ts';
import { heardBy } from '../programs/punchline.ts';
import { type Terminal } from '../terminal/terminal.ts';
import { resizedWhole } from '../terminal/whole-screen.ts';

export const status = /● lan · /;

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-bad-input-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function expectUntouched({ xterm, buffer, cursor }: Terminal): void {
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
export const control =
  /[\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F\u200B\u202A-\u202E\u2066-\u2069]/;
// oxlint-enable no-control-regex

export const badInput: TestsOfSizes = {
  'a terminal that answers late can be typed in like any other': async (size) => {
    const [second, third] = aroundFrom(size);
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
  },
  'messages and name of a stranger are only text everywhere: screen, title, notification, log, summary':
    async (size) => {
      const [second, third] = aroundFrom(size);
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
    },
};
