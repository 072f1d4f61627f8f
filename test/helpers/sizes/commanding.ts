/** Commands and keys of the built program, in pseudo-terminals of every size, while their sizes change. */
import type { TestsOfSizes } from './from-sizes.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createConfigHome } from '../programs/config-home.ts';
import { aroundFrom, draftOf, edit, openConversation, resized } from '../chats/conversation.ts';
import { alt, ctrl, escape, f1, pageDown } from '../terminal/keys.ts';
import { heardBy } from '../programs/punchline.ts';

function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
const placeholder = 'Message bob';

export const commanding: TestsOfSizes = {
  'commands are completed and run, and wrong ones can be corrected': async (size) => {
    const home = createConfigHome({});
    const { screen, peer } = await openConversation({ ...size, env: { XDG_CONFIG_HOME: home } });
    const [second, third, fourth] = aroundFrom(size);
    function told(words: string): Promise<string> {
      return screen.waitFor((text) => flat(text).includes(words));
    }
    peer.write('old news\n');
    await screen.waitFor('old news');
    await edit(screen, '/he\t', '/he');
    await told('/help /heartbeat');
    await edit(screen, 'a\to\t', '/heartbeat off');
    screen.write('\r');
    await told('No more heartbeats.');
    screen.write('/name Ada\r');
    await told('sees you as Ada');
    expect((await peer.waitFor('renamed')).name).toBe('Ada');

    await edit(screen, '/qiut', '/qiut');
    await resized(screen, second);
    screen.write('\r');
    await told('There is no /qiut. Did you mean /quit?');
    expect(draftOf(screen.text())).toBe('/qiut');
    await edit(screen, ctrl('c'), placeholder, '');
    screen.write('//qiut\r');
    await screen.waitFor(/✓ .*\/qiut/);
    await resized(screen, third);

    screen.write('/verify\r');
    expect(flat(await screen.waitFor(/[a-z]\./))).toMatch(/(?:[a-z]+ ){3}[a-z]+\./);
    const file = join(home, 'chat.log');
    screen.write(`/log ${file}\r`);
    await told('From now on');
    peer.write('for the log\n');
    await told('for the log');
    screen.write('/log off\r');
    await told('The log was closed.');
    expect(readFileSync(file, 'utf8')).toMatch(/^\S+ <bob> for the log\n$/);

    const copied: string[] = [];
    screen.xterm.parser.registerOscHandler(52, (data) => copied.push(data) > 0);
    screen.write('/copy\r');
    await told('Copied 1 message');
    expect(copied).toEqual([`c;${Buffer.from('for the log').toString('base64')}`]);

    function promptIsColoured(): boolean {
      const row = screen
        .text()
        .split('\n')
        .findIndex((text) => text.startsWith('› '));
      return screen.xterm.buffer.active.getLine(row)?.getCell(0)?.isFgDefault() === false;
    }
    for (const theme of ['plain', 'light', 'dark'] as const) {
      await edit(screen, `/theme ${theme.slice(0, 1)}\t`, `/theme ${theme}`);
      screen.write('\r');
      await told(`Theme ${theme}. To keep it:`);
      expect(promptIsColoured()).toBe(theme !== 'plain');
    }

    screen.write('/clear\r');
    await screen.waitFor((text) => !/for the log|was closed/.test(text));
    await resized(screen, fourth);
    screen.write('/heartbeat 0.1\r');
    await peer.waitFor('heartbeat', ({ direction }) => direction === 'received');
    screen.write('/heartbeat off\r');
    await told('No more heartbeats.');
    expect(heardBy(peer)).toEqual(['/qiut']);
    screen.write('/quit\r');
    expect(await screen.exit).toEqual({ exitCode: 0, signal: 0 });
    expect((await peer.waitFor('ended')).reason).toBe('peer-left');
  },
  'overlays can be scrolled to their ends, and the keys are those of the config file': async (size) => {
    const keys = { 'line-start': 'F2', undo: ['F4', 'Ctrl-X Ctrl-A'] };
    const home = createConfigHome({ keys });
    const { screen, peer } = await openConversation({ ...size, env: { XDG_CONFIG_HOME: home } });
    const [second, third] = aroundFrom(size);
    await edit(screen, 'two\u001BOQone ', 'one two', 'one ');
    await edit(screen, '\u001BOS', 'two', '');
    await resized(screen, second);
    await edit(screen, `${ctrl('e')}${alt('\r')}`, 'two', '');
    await edit(screen, ctrl('c'), placeholder, '');
    for (const [open, last] of [
      [f1, /send\s+\/text/],
      ['/path\r', /\d\s+m?s\b|both proved/],
    ] as const) {
      screen.write(open);
      await screen.waitFor(/Esc closes$/m);
      await resized(screen, third);
      while (/↓ \d+.* · Esc closes$/m.test(screen.text())) {
        const shown = screen.text();
        screen.write(pageDown);
        await screen.waitFor((text) => text !== shown);
      }
      expect(screen.text()).toMatch(last);
      await resized(screen, size);
      screen.write(escape);
      await screen.waitFor((text) => !text.includes('closes'));
    }
    await edit(screen, 'half', 'half');
    await edit(screen, ctrl('c'), placeholder, '');
    screen.write(ctrl('d'));
    expect(await screen.exit).toEqual({ exitCode: 0, signal: 0 });
    expect((await peer.waitFor('ended')).reason).toBe('peer-left');
  },
};
