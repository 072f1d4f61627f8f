/**
 * Reading in the built program, in pseudo-terminals of every size, while their
 * sizes change: messages stay in place, and are found.
 */
import type { TestsOfSizes } from './from-sizes.ts';
import process from 'node:process';
import { expect } from 'vitest';
import {
  aroundFrom,
  type Conversation,
  expectWhole,
  openConversation,
  resized,
} from '../chats/conversation.ts';
import { escape, f3, pageDown, pageUp, shiftF3, wheelDown, wheelUp } from '../terminal/keys.ts';
import { lines } from '../programs/punchline.ts';

/** The peer says these texts. Resolves when the last one is in view. */
async function hear({ screen, peer }: Conversation, ...texts: readonly string[]): Promise<void> {
  peer.write(`${texts.join('\n')}\n`);
  const last = (texts.at(-1) ?? '').replaceAll(/\s/g, '');
  await screen.waitFor((text) => text.replaceAll(/\s/g, '').includes(last));
}

function numbered(text: string): number[] {
  return [...text.matchAll(/line (\d+)\./g)].map(([, number]) => Number(number));
}

export const reading: TestsOfSizes = {
  'a transcript that is scrolled back stays in place when messages come and the size changes': async (
    size,
  ) => {
    const both = await openConversation(size);
    const { screen, peer } = both;
    const [second, third, fourth] = aroundFrom(size);
    await hear(both, ...Array.from({ length: 100 }, (_, n) => `line ${n}.`));
    screen.write(pageUp);
    const back = await screen.waitFor(/↓ \d+ entr(?:y|ies) below/);
    const lowest = numbered(back).at(-1) ?? NaN;
    expect(lowest).toBeLessThan(99);
    screen.write(wheelUp);
    await screen.waitFor((text) => numbered(text).at(-1) === lowest - 3);
    screen.write(wheelDown);
    const before = await screen.waitFor((text) => numbered(text).at(-1) === lowest);
    peer.write('news\n');
    const after = await screen.waitFor((text) => !text.includes('news') && text.includes('1 new'));
    expect(numbered(after)).toEqual(numbered(before));
    for (const next of [second, third, fourth]) {
      await resized(screen, next);
      expect(numbered(screen.text()).at(-1)).toBe(lowest);
      expect(screen.text()).toMatch(/↓ \d+ (?:entries )?below, 1 new/);
    }
    await resized(screen, size);
    expect(numbered(screen.text())).toEqual(numbered(before));
    while (/↓ \d+ /.test(screen.text())) {
      const shown = screen.text();
      screen.write(pageDown);
      await screen.waitFor((text) => text !== shown);
    }
    expect(screen.text()).toMatch(/─ 1 new ─+\n.*news\n/);
    await expectWhole(screen);
    screen.write(`${pageUp}${pageUp}`);
    await screen.waitFor(/↓ \d+ /);
    screen.write(escape);
    await screen.waitFor(/news\n/);
    screen.write('read\r');
    const answered = await screen.waitFor(/✓ .*read/);
    expect(answered).not.toContain(' new ');
    await expectWhole(screen);
  },
  'links are whole and lead where they say, and messages are found': async (size) => {
    const both = await openConversation(size);
    const { screen } = both;
    const long = `https://example.org/${'x'.repeat(47)}/end`;
    await hear(both, 'one Needle', ...lines('hay').slice(0, 50), `see ${long} or`, 'http://bank@evil.test/');
    for (const next of aroundFrom(size)) {
      const { cols } = screen.xterm;
      const end = new RegExp(`.{1,${cols}}`, 'g').exec(
        long.slice(cols * Math.floor(long.length / cols)),
      )?.[0];
      screen.write('/find x/end\r');
      // If it does not fit after the name, it has rows of its own from the first column on.
      await screen.waitFor(
        (text) => text.includes('Match 1 of 1') && (cols > 100 || text.split('\n').includes(end ?? '')),
      );
      screen.write(escape);
      await screen.waitFor(
        (text) => !text.includes('Match 1') && text.replaceAll(/\s+/g, ' ').includes('(leads to evil.test)'),
      );
      await resized(screen, next);
    }
    // oxlint-disable-next-line no-control-regex -- OSC 8
    const targets = [...screen.raw().matchAll(/\u001B\]8;id=[\d-]+;([^\u001B]+)/g)].map(
      ([, target]) => target,
    );
    expect(new Set(targets)).toEqual(new Set([long, 'http://bank@evil.test/']));
    await resized(screen, aroundFrom(size)[0]);
    screen.write('/find NEEDLE\r');
    await screen.waitFor((text) => text.includes('Match 1 of 1') && text.includes('one Needle'));
    screen.write('/find hay 3\r');
    await screen.waitFor((text) => text.includes('Match 1 of 11') && text.includes('hay 39'));
    screen.write(f3);
    await screen.waitFor((text) => text.includes('Match 2 of 11') && text.includes('hay 38'));
    screen.write(shiftF3);
    await screen.waitFor((text) => text.includes('Match 1 of 11') && text.includes('hay 39'));
    screen.write('/find straw\r');
    await screen.waitFor('No message');
  },
  'a mark shows that a message has arrived, and a rule that a day has begun': async (size) => {
    const preload = `const { now } = Date; let days = 0;
      process.on('SIGUSR2', () => { days += 1; process.stdout.write('\\u001B]7777;tomorrow\\u0007'); });
      Date.now = () => now() + days * 86_400_000;`;
    const both = await openConversation({ ...size, preload });
    const { screen, peer } = both;
    peer.kill('SIGSTOP');
    screen.write('are you there?\r');
    await screen.waitFor(/… .*are/);
    await resized(screen, aroundFrom(size)[0]);
    expect(screen.text()).toMatch(/… .*are/);
    peer.kill('SIGCONT');
    await screen.waitFor(/✓ .*are/);
    await resized(screen, size);
    const tomorrow = new Intl.DateTimeFormat('en', { weekday: 'long' }).format(Date.now() + 86_400_000);
    process.kill(screen.pid, 'SIGUSR2');
    await screen.waitFor(() => screen.raw().includes('7777;tomorrow'));
    await hear(both, 'good morning');
    expect(screen.text()).toMatch(new RegExp(`─ ${tomorrow}[^]*good morning`));
    await expectWhole(screen);
  },
};
