/**
 * Input that no terminal, config file or peer should send: the built program
 * reports it, and restores the terminal.
 */
import { testFromOneSize } from '../../helpers/sizes/from-sizes.ts';
import {
  badInput,
  control,
  expectUntouched,
  status,
  temporaryFolder,
} from '../../helpers/sizes/bad-input.ts';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { aroundFrom, openConversation, sizes } from '../../helpers/chats/conversation.ts';
import { eventually } from '../../helpers/eventually.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { heardBy, program } from '../../helpers/programs/punchline.ts';
import { openTerminal } from '../../helpers/terminal/terminal.ts';
import { resizedWhole } from '../../helpers/terminal/whole-screen.ts';

// oxlint-disable no-control-regex -- control characters are what this file is about
// oxlint-enable no-control-regex

testFromOneSize(badInput);

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
