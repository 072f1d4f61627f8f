/**
 * Writing in the built program, in pseudo-terminals of every size, while their
 * sizes change: the draft is sent as it is shown.
 */
import type { TestsOfSizes } from './from-sizes.ts';
import { expect } from 'vitest';
import {
  aroundFrom,
  beforeCursor,
  draftOf,
  edit,
  expectWhole,
  openConversation,
  redrawn,
  resized,
} from '../chats/conversation.ts';
import { alt, backspace, ctrl, del, down, end, home, left, pasted, right, up } from '../terminal/keys.ts';
import { heardBy } from '../programs/punchline.ts';

function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

export const writing: TestsOfSizes = {
  'keys move, delete, cut, put back, swap and undo at every size': async (size) => {
    const { screen, peer } = await openConversation(size);
    const [second, third, fourth] = aroundFrom(size);
    await edit(screen, `ne two four${home}o`, 'one two four', 'o');
    await edit(screen, end, 'one two four');
    await edit(screen, `${alt('b')}${left}${left}${del}`, 'one tw four', 'one tw');
    await resized(screen, second);
    await edit(screen, 'o', 'one two four', 'one two');
    await edit(screen, ctrl('w'), 'one  four', 'one ');
    // Consecutive cuts are joined; these have a key between them, and are not.
    await edit(screen, `${left}${right}${alt('d')}${ctrl('a')}${ctrl('y')}`, ' fourone ', ' four');
    await edit(screen, alt('y'), 'twoone ', 'two');
    await edit(screen, ctrl('_'), ' fourone ', ' four');
    await resized(screen, third);
    await edit(screen, `${ctrl('e')}${ctrl('u')}`, 'Message bob', '');
    await edit(screen, `${ctrl('y')}${ctrl('b')}${ctrl('t')}`, ' fouron e');
    await edit(screen, `${alt('b')}${ctrl('k')}${ctrl('h')}`, ' fouron');
    await resized(screen, fourth);
    await edit(screen, `${home}${ctrl('d')}${alt('u')}`, 'FOURON');
    await edit(screen, `${alt('b')}${alt('c')} now`, 'Fouron now');
    await edit(screen, alt('t'), 'now Fouron');
    screen.write('\r');
    await screen.waitFor(/✓ .*now Fouron/);
    await resized(screen, size);
    expect(heardBy(peer)).toEqual(['now Fouron']);
  },
  'sent messages are recalled and found, and the draft is kept meanwhile': async (size) => {
    const { screen, peer } = await openConversation(size);
    const [second, third] = aroundFrom(size);
    screen.write('apple pie\r');
    await screen.waitFor(/✓ .*apple pie/);
    screen.write('banana\r');
    await screen.waitFor(/✓ .*banana/);
    await edit(screen, 'half', 'half');
    await edit(screen, up, 'banana');
    await resized(screen, second);
    await edit(screen, `${up}s`, 'apple pies');
    await edit(screen, `${down}${down}`, 'half');
    await edit(screen, `${up}${up}`, 'apple pies');
    await edit(screen, `${down}${down}`, 'half');
    screen.write(ctrl('r'));
    await screen.waitFor('search:');
    await edit(screen, 'pie', 'apple pie', 'apple ');
    await resized(screen, third);
    expect(screen.text()).toContain('search: pie');
    await edit(screen, ctrl('g'), 'half');
    await edit(screen, `${ctrl('r')}ana`, 'banana', 'b');
    screen.write('\r');
    await screen.waitFor(/✓ .*banana\n.*✓ .*banana/);
    expect(heardBy(peer)).toEqual(['apple pie', 'banana', 'banana']);
    await expectWhole(screen);
  },
  'several lines are one message, a long paste is confirmed, and an editor gets the draft': async (size) => {
    const { screen, peer } = await openConversation({
      ...size,
      env: { VISUAL: 'sed -i s/half/whole/' },
    });
    const [second, third] = aroundFrom(size);
    function told(words: string): Promise<string> {
      return screen.waitFor((text) => flat(text).includes(words));
    }
    await edit(screen, `a${alt('\r')}b`, 'ab', 'b');
    screen.write('\r');
    await screen.waitFor(/✓ .*a\n +b/);
    screen.write(`${pasted('c\rd')}\r`);
    await screen.waitFor(/✓ .*c\n +d/);
    screen.write('e\rf\r');
    await told('Pasted? Enter sends it as one message.');
    screen.write(backspace);
    await screen.waitFor((text) => !text.includes('Pasted?'));
    await resized(screen, second);
    screen.write('\r');
    await screen.waitFor(/✓ .*e\n +f/);
    screen.write(pasted('g\r'.repeat(7)));
    await screen.waitFor(/^. g$/m);
    screen.write('\r');
    await told('Send 7 lines');
    await redrawn(screen, () => screen.resize(third.columns, third.rows));
    await told('Send 7 lines');
    screen.write('\r');
    await screen.waitFor((text) => draftOf(text) === 'Message bob');
    await edit(screen, 'half', 'half');
    screen.write(pasted('x'.repeat(70_000)));
    await told('70,000 characters are too many');
    await edit(screen, `${ctrl('x')}${ctrl('e')}`, 'whole');
    await resized(screen, size);
    screen.write('\r');
    await screen.waitFor(/✓ .*whole/);
    // Fewer characters than a message may have, but more bytes.
    screen.write(pasted('界'.repeat(30_000)));
    await screen.waitFor((text) => draftOf(text).includes('界'));
    screen.write('\r');
    await told('Send 1 line');
    screen.write('\r');
    await told('message of 90000 bytes');
    expect(draftOf(screen.text())).toContain('界');
    expect(heardBy(peer)).toEqual(['a\nb', 'c\nd', 'e\nf', 'g\n'.repeat(7), 'whole']);
  },
  'text of every script is whole on the screen, at the cursor and at the peer': async (size) => {
    const { screen, peer } = await openConversation(size);
    const words = ['日本', 'e\u0301', '👩‍👩‍👧‍👦', '🇯🇵', 'שלום', 'क्षि'];
    const text = words.join(' ');
    screen.write(text);
    await screen.waitFor(() => beforeCursor(screen).endsWith(words.at(-1)!));
    for (const next of aroundFrom(size)) {
      await resized(screen, next);
      expect(draftOf(screen.text()).replaceAll(' ', '')).toBe(words.join(''));
      expect(beforeCursor(screen).endsWith(words.at(-1)!)).toBe(true);
    }
    screen.write(`${alt('b')}${alt('b')}${left}${left}${left}${backspace}`);
    const without = words.toSpliced(2, 1).join('');
    await screen.waitFor((shown) => draftOf(shown).replaceAll(' ', '') === without);
    expect(beforeCursor(screen)).toBe('› 日本 e\u0301 ');
    screen.write(`${words[2]}\r`);
    await screen.waitFor('✓ ');
    expect(heardBy(peer)).toEqual([text]);
    await expectWhole(screen);
  },
};
