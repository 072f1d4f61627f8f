/** What a screen reader reads out: the program itself, in a real pseudo-terminal. */
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { createConfigHome } from '../../helpers/programs/config-home.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program } from '../../helpers/programs/punchline.ts';
import { keyGroup } from '../../helpers/sessions/key-group.ts';
import { openTerminal, type Terminal } from '../../helpers/terminal/terminal.ts';

function open(
  args: readonly string[],
  env: Readonly<Record<string, string>> = { ACCESSIBLE: '1' },
  columns = 200,
): Terminal {
  return openTerminal({ command: process.execPath, args: [program, ...args], env, columns, rows: 60 });
}

/** All lines so far, without what differs from run to run. */
function linesOf(terminal: Terminal): string[] {
  return terminal
    .raw()
    .split('\r\n')
    .map((line) =>
      line
        .replaceAll(/127\.0\.0\.1:\d+/g, 'ENDPOINT')
        .replaceAll(/\d+-\w+-\w+/g, 'CODE')
        // If one SYN comes before the other side has dialled, the dial is repeated at once.
        .replaceAll(/, \d+ dials/g, '')
        .replaceAll(/\b[\d.]+ m?s\b/g, 'TIME'),
    );
}

test('a whole conversation is written in order, each event once, without control sequences', async () => {
  const { options } = await openRendezvous();
  await using anna = open(['chat', ...options, '--name', 'anna', '--no-lan']);
  const [, invite = ''] = /punchline chat (\d\S+)/.exec(await anna.waitFor(/punchline chat \d\S+\n/)) ?? [];
  await anna.waitFor('waiting for the peer');
  await using bob = open(['chat', invite, '--name', 'bob', '--no-lan']);
  await Promise.all([anna.waitFor('encrypted:'), bob.waitFor('encrypted:')]);
  anna.write('hello, bob\r');
  await bob.waitFor('<anna> hello, bob');
  bob.write('hello, anna\r');
  await anna.waitFor('<bob> hello, anna');
  anna.write('/nmae Ann\r');
  await anna.waitFor('Did you mean /name?');
  anna.write('/name Ann\r');
  await bob.waitFor('anna is now Ann');
  await anna.waitFor('sees you as Ann');
  anna.write('//etc\r');
  await bob.waitFor('<Ann> /etc');
  bob.write('/quit\r');
  expect(await bob.exit).toEqual({ exitCode: 0, signal: 0 });
  expect(await anna.exit).toEqual({ exitCode: 0, signal: 0 });

  // Whose dial won is chance: if the peer's did, nothing is said of ours.
  const won = '* attempt 1/10: ENDPOINT (mapped) connected after TIME';
  const lines = linesOf(anna);
  expect(lines.filter((line) => line === won).length).toBeLessThanOrEqual(1);
  expect(lines.filter((line) => line !== won)).toEqual([
    '* connecting to the rendezvous ENDPOINT',
    '* pass this on to your friend: punchline chat CODE@ENDPOINT',
    '* the outside sees this side as ENDPOINT',
    '* waiting for the peer',
    '* the peer is at ENDPOINT (mapped)',
    '* plan: simultaneous, at most 1 dial at once',
    '* attempt 1/10: dialling ENDPOINT (mapped)',
    '* connected to bob: lan, ENDPOINT, in TIME',
    `* encrypted: TLS_CHACHA20_POLY1305_SHA256, ${keyGroup}`,
    'hello, bob',
    '<bob> hello, anna',
    '/nmae Ann',
    '* There is no /nmae. Did you mean /name? To send a line that begins with a slash, double it.',
    '/name Ann',
    '* Your friend now sees you as Ann.',
    '//etc',
    '* bob has left',
    '',
  ]);
  for (const { raw } of [anna, bob]) {
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(raw()).not.toMatch(/[\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F]/);
  }
});

test('a message that the terminal would wrap continues in indented rows', async () => {
  const { options } = await openRendezvous();
  await using anna = open(['chat', ...options, '--no-lan'], { ACCESSIBLE: '1' }, 100);
  const [, invite = ''] = /punchline chat (\d\S+)/.exec(await anna.waitFor(/punchline chat \d\S+\n/)) ?? [];
  await using bob = open(['chat', invite, '--name', 'bob', '--no-lan']);
  await Promise.all([anna.waitFor('encrypted:'), bob.waitFor('encrypted:')]);
  // After `<bob> x`, these spaces would fill the row.
  bob.write(`x${' '.repeat(93)}* connected to bank: direct\r`);
  await anna.waitFor('connected to bank');
  expect(linesOf(anna).slice(-3)).toEqual(['<bob> x', '    * connected to bank: direct', '']);
});

describe('the commands', () => {
  test('are listed by /help, and each reports its result', async () => {
    const { options } = await openRendezvous();
    await using anna = open(['chat', ...options]);
    await anna.waitFor('pass this on');
    anna.write('/help\r');
    await anna.waitFor('* /heartbeat [SECONDS|off]: send Hello, world again and again');
    anna.write('/path\r');
    await anna.waitFor('* not connected yet');
    anna.write('/qr\r');
    await anna.waitFor(/\* The invite is \d+-\w+-\w+@127/);
    anna.write('/verify\r');
    await anna.waitFor('* There is nothing to compare');
    anna.write('/clear\r');
    await anna.waitFor('* /clear works only on the screen');
    anna.write('/quit\r');
    expect(await anna.exit).toEqual({ exitCode: 0, signal: 0 });
  });
});

test.each([
  ['--screen-reader', ['--screen-reader'], {}],
  ['INK_SCREEN_READER', [], { INK_SCREEN_READER: 'true' }],
  ['TERM=dumb', [], { TERM: 'dumb' }],
])('%s gives lines', async (name, args, env) => {
  const { options } = await openRendezvous();
  await using terminal = open(['chat', ...options, ...args], env);
  await terminal.waitFor('* pass this on');
  expect(terminal.raw()).not.toContain('\u001B');
  expect(terminal.raw().includes('cannot move its cursor')).toBe(name === 'TERM=dumb');
});

test('so does the config file, and --no-screen-reader wins over it', async () => {
  const { options } = await openRendezvous();
  const env = { XDG_CONFIG_HOME: createConfigHome({ 'screen-reader': true }) };
  await using terminal = open(['chat', ...options], env);
  await terminal.waitFor('* pass this on');
  await using screen = open(['chat', ...options, '--no-screen-reader'], env);
  expect(await screen.waitFor('○ not connected')).not.toContain('* ');
});

test('missing values are asked for line by line, and again after a wrong answer', async () => {
  const { port } = await openRendezvous();
  await using terminal = open([], { ACCESSIBLE: '1', XDG_CONFIG_HOME: createConfigHome({}) });
  await terminal.waitFor('Invite (what your friend gave you; empty opens a room): ');
  terminal.write('7-velvet\r');
  await terminal.waitFor('the code has 1 word');
  terminal.write('\r');
  await terminal.waitFor(/3 own server[\s\S]*Number \(empty: 1\):\s*$/);
  terminal.write('3\r');
  await terminal.waitFor('Server (HOST, HOST:PORT or https://HOST that both sides can reach): ');
  terminal.write(`127.0.0.1:${port}\r`);
  await terminal.waitFor(/1 this time only[\s\S]*Number \(empty: 1\):\s*$/);
  terminal.write('\r');
  await terminal.waitFor('Your name (how your friend sees you; may stay empty): ');
  terminal.write('anna\r');
  await terminal.waitFor('* pass this on');
  terminal.write('/quit\r');
  expect(await terminal.exit).toEqual({ exitCode: 0, signal: 0 });
  expect(terminal.raw()).not.toContain('\u001B');
});
