/** Messages that are made to take long, sent from one program to the screen of another in a pseudo-terminal. */
import { describe, expect, test } from 'vitest';
import { MAX_TEXT_BYTES } from '../../../source/protocol/chat-messages.ts';
import { openConversation, sizes } from '../../helpers/chats/conversation.ts';

/** `unit`, repeated as often as a message has room for. */
function filled(unit: string, before = '', behind = ''): string {
  const room = MAX_TEXT_BYTES - Buffer.byteLength(before + behind);
  return before + unit.repeat(Math.floor(room / Buffer.byteLength(unit))) + behind;
}

const letters = Array.from({ length: 21_000 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join('');

const costly: readonly (readonly [string, string])[] = [
  ['brackets behind an address', filled(')', 'http://a.b/')],
  ['dots behind an address', filled('.', 'http://a.b/', 'a')],
  ['links of a terminal', filled('\u001B]8;;http://x\u001B\\a')],
  ['addresses', filled('http://a ')],
  ['addresses that lead elsewhere', filled('http://a@b<')],
  ['a host of many letters', `http://${letters}/`],
  ['controls', filled('\u0080')],
  ['marks', filled('e\u0301')],
  ['letters joined without end', filled('\u0915\u094D')],
];

describe.each(sizes.slice(0, 2))('in $columns columns and $rows rows', (size) => {
  test('no message ends the screen or holds up keys or later messages', async () => {
    const { screen, peer } = await openConversation(size);
    for (const [name, text] of costly) {
      peer.write(`${text}\n`);
      peer.write(`behind ${name}\n`);
      await screen.waitFor(`behind ${name}`);
      screen.write('still here');
      await screen.waitFor('› still here');
      screen.write(`: ${name}\r`);
      await peer.waitFor('message', (message) => message.text === `still here: ${name}`);
    }
    // All messages can be read: scrolling up goes through every row.
    screen.write('\u001B[5~'.repeat(20));
    await screen.waitFor(/↓ \d+/);
    screen.write('draft');
    expect(await screen.waitFor('› draft')).toMatch(/↓ \d+/);
  }, 120_000);
});
