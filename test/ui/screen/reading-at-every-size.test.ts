/**
 * Reading in the built program, in pseudo-terminals of every size, while their
 * sizes change: messages stay in place, and are found.
 */
import { testFromOneSize } from '../../helpers/sizes/from-sizes.ts';
import { reading } from '../../helpers/sizes/reading.ts';
import process from 'node:process';
import { expect, test } from 'vitest';
import { expectWhole, openConversation, redrawn, resized, sizes } from '../../helpers/chats/conversation.ts';
import { openTerminal } from '../../helpers/terminal/terminal.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program } from '../../helpers/programs/punchline.ts';

testFromOneSize(reading);

test('each of two peers sees that the other one is typing, in terminals of every size', async () => {
  const { options } = await openRendezvous();
  const args = ['chat', ...options, '--code', '7123-velvet-orbit', '--name'];
  function seat(name: string) {
    return openTerminal({ command: process.execPath, args: [program, ...args, name] });
  }
  await using anna = seat('anna');
  await using bob = seat('bob');
  await Promise.all([anna.waitFor('● lan'), bob.waitFor('● lan')]);
  for (const [index, size] of sizes.toReversed().entries()) {
    await resized(anna, size);
    // The time in "line to bob after 1.1 s" must not pass for a message.
    bob.write(`word${index}`);
    await anna.waitFor(size.columns > 30 ? '● lan · bob is writing' : '● lan · writing');
    bob.write('.\r');
    await anna.waitFor((text) => text.includes(` word${index}.`) && text.includes('● lan · bob'));
    expect(anna.text()).not.toContain('writing');
  }
});

test('3,000 messages at once all arrive, and keys work meanwhile', async () => {
  const { screen, peer } = await openConversation({ columns: 80, rows: 24 });
  peer.write(Array.from({ length: 3000 }, (_, n) => `line ${n}.\n`).join(''));
  screen.write('meanwhile');
  await screen.waitFor('› meanwhile');
  await redrawn(screen, () => screen.resize(40, 12));
  await screen.waitFor('line 2999.');
  await expectWhole(screen);
  for (const place of [1, 1000, 2998]) {
    screen.write(`\u0015/find line ${place}.\r`);
    await screen.waitFor((text) => text.includes('Match 1 of 1') && text.includes(` line ${place}.`));
  }
  screen.write('/find line\r');
  expect(await screen.waitFor(/Match 1 of \d{2,}/)).toContain('Match 1 of 3000');
});
