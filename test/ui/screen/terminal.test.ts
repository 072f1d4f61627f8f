/** The built program in a real pseudo-terminal, as people use it. */
import process from 'node:process';
import { expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program } from '../../helpers/programs/punchline.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';
import { openTerminal, type Terminal, type TerminalOptions } from '../../helpers/terminal/terminal.ts';

function punchline(args: readonly string[], options: Partial<TerminalOptions> = {}): Terminal {
  return openTerminal({ command: process.execPath, args: [program, ...args], ...options });
}

async function openRoom(
  options: Partial<TerminalOptions> = {},
): Promise<{ terminal: Terminal; invite: string }> {
  const server = await openRendezvous();
  const terminal = punchline(['chat', ...server.options, '--name', 'anna'], options);
  const [, invite = ''] = /punchline chat (\d\S+)/.exec(await terminal.waitFor(/punchline chat \d\S+/)) ?? [];
  return { terminal, invite };
}

test('two people meet with an invite, talk, and leave; both terminals are restored', async () => {
  const { invite, ...room } = await openRoom();
  await using anna = room.terminal;
  await anna.waitFor(/This side +127\.0\.0\.1:\d+/);
  await using bob = punchline(['chat', invite, '--name', 'bob']);
  await Promise.all([anna.waitFor('● lan · bob'), bob.waitFor('● lan · anna')]);
  expect(anna.buffer()).toBe('alternate');
  anna.write('hello, bob\r');
  await bob.waitFor(/anna +hello, bob/);
  await anna.waitFor(/✓ .*you +hello, bob/);
  bob.write('hello, anna');
  await bob.waitFor('› hello, anna');
  bob.write('\r');
  await anna.waitFor(/bob +hello, anna/);
  await bob.waitFor(/✓ .*you +hello, anna/);

  bob.write('\u0003');
  await bob.waitFor('Ctrl-C again leaves.');
  bob.write('\u0003');
  expect(await bob.exit).toEqual({ exitCode: 130, signal: 0 });
  expect(bob.buffer()).toBe('normal');
  expect(bob.cursor().isVisible).toBe(true);
  expect(bob.text()).toMatch(/^Chat with anna ended after .*: 1 message sent, 1 received\.$/m);
  await anna.waitFor('○ bob has left');
  anna.write('\u0004');
  expect(await anna.exit).toEqual({ exitCode: 0, signal: 0 });
});

test('a spinner turns beside the current step', async () => {
  // The server says nothing, so the current step stays on the screen.
  const { port } = await startRawServer();
  await using terminal = punchline(['chat', '1-velvet-orbit', '--server', `127.0.0.1:${port}`, '--no-lan']);
  expect(await terminal.waitFor('Connecting to the rendezvous')).toMatch(
    /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Connecting to the rendezvous/,
  );
});

/** Starts the program after running the code `sabotage` in it. */
async function sabotaged(sabotage: string): Promise<Terminal> {
  const { options } = await openRendezvous();
  const preload = `data:text/javascript,${encodeURIComponent(sabotage)}`;
  return openTerminal({
    command: process.execPath,
    args: ['--import', preload, program, 'chat', ...options],
  });
}

function expectRestored(terminal: Terminal): void {
  expect(terminal.text()).toContain('sabotaged');
  expect(terminal.buffer()).toBe('normal');
  expect(terminal.cursor().isVisible).toBe(true);
}

test('a render error exits 1, with its message on a restored terminal', async () => {
  await using terminal = await sabotaged(
    `Date.prototype.getHours = () => { throw new Error('sabotaged'); };`,
  );
  // The view of a waiting side shows since when it waits.
  expect(await terminal.exit).toEqual({ exitCode: 1, signal: 0 });
  expectRestored(terminal);
});

test('an error in drawing exits 1, too', async () => {
  await using terminal = await sabotaged(
    // Ink trims rows with styles in them; our code trims only plain text. So only Ink fails.
    `const { trimEnd } = String.prototype;
    String.prototype.trimEnd = function () {
      if (this.includes('\\u001B')) throw new Error('sabotaged');
      return trimEnd.call(this);
    };`,
  );
  expect(await terminal.exit).toEqual({ exitCode: 1, signal: 0 });
  expectRestored(terminal);
});

test('an unreachable rendezvous is told on the screen, and again on the ordinary one; exit 3', async () => {
  await using terminal = punchline(['chat', '--server', '127.0.0.1:1']);
  await terminal.waitFor('Enter tries again');
  expect(terminal.text()).toContain('127.0.0.1:1');
  terminal.write('\u0003');
  expect(await terminal.exit).toEqual({ exitCode: 3, signal: 0 });
  expect(terminal.buffer()).toBe('normal');
  expect(terminal.text()).toContain('127.0.0.1:1');
});

test('the screen appears even if CI is set, and has no colour if NO_COLOR is', async () => {
  const room = await openRoom({ env: { CI: '1', NO_COLOR: '1' } });
  await using terminal = room.terminal;
  expect(terminal.buffer()).toBe('alternate');
  // oxlint-disable-next-line no-control-regex -- colours are control sequences
  expect(terminal.raw()).not.toMatch(/\u001B\[(?:3[0-9]|9[0-7])m/);
});

test('the invite stays whole when the terminal is resized', async () => {
  const { invite, ...room } = await openRoom();
  await using terminal = room.terminal;
  terminal.resize(20, 6);
  await terminal.waitFor(
    (text) =>
      text.replaceAll(/\s/g, '').includes(`punchlinechat${invite}`) &&
      /○ not/.test(text.split('\n').at(-1) ?? ''),
  );
  terminal.resize(100, 30);
  await terminal.waitFor(
    (text) =>
      text.includes(`punchline chat ${invite}`) && (text.split('\n')[29] ?? '').includes('○ not connected'),
  );
  // A settled size is drawn once more, and between two writes of it the row may be missing.
  await eventually(() => expect(terminal.text().match(/○ not connected/g)).toHaveLength(1));
});

function inviteOn(text: string): string | undefined {
  return /punchline chat (\d\S+)/.exec(text)?.[1];
}

test('after a mistyped code the two meet on the same screens, and what waited is not lost', async () => {
  const { invite, ...room } = await openRoom();
  await using anna = room.terminal;
  anna.write('hello, bob\r');
  await anna.waitFor(/you +hello, bob/);
  const [, number = '', place = ''] = /^(\d+)-\w+-\w+(@.*)$/.exec(invite) ?? [];
  await using bob = punchline(['chat', `${number}-zoo-zone${place}`, '--name', 'bob']);
  await bob.waitFor('Enter: type the invite again');
  await anna.waitFor('1 message was not sent.');
  anna.write('\r');
  const shown = await anna.waitFor((text) => ![undefined, invite].includes(inviteOn(text)));
  expect(shown).toContain('› hello, bob');
  bob.write('\r');
  await bob.waitFor('› /again');
  bob.write(`${inviteOn(shown)}\r`);
  await Promise.all([anna.waitFor('● lan · bob'), bob.waitFor('● lan · anna')]);
  anna.write('\r');
  await bob.waitFor(/anna +hello, bob/);
  bob.write('/quit\r');
  expect((await bob.exit).exitCode).toBe(0);
  await anna.waitFor('○ bob has left');
  anna.write('\u0003');
  expect((await anna.exit).exitCode).toBe(0);
});

test('SIGTERM closes a screen whose chat has ended, and restores the terminal; exit 143', async () => {
  await using terminal = punchline(['chat', '--server', '127.0.0.1:1']);
  await terminal.waitFor('Enter tries again');
  process.kill(terminal.pid, 'SIGTERM');
  expect(await terminal.exit).toEqual({ exitCode: 143, signal: 0 });
  expect(terminal.buffer()).toBe('normal');
  expect(terminal.cursor().isVisible).toBe(true);
});

test('SIGTERM restores the terminal, exit 143', async () => {
  const room = await openRoom();
  await using terminal = room.terminal;
  process.kill(terminal.pid, 'SIGTERM');
  expect(await terminal.exit).toEqual({ exitCode: 143, signal: 0 });
  expect(terminal.buffer()).toBe('normal');
  expect(terminal.cursor().isVisible).toBe(true);
});

test('the demo shows both sides at once', async () => {
  await using terminal = punchline(['demo'], { columns: 120, rows: 30 });
  await terminal.waitFor((text) => text.split('● lan').length === 3);
  terminal.write('from the left\r');
  await terminal.waitFor(/Ada +from the left/);
  terminal.write('\u001B[17~from the right\r');
  await terminal.waitFor(/Grace +from the right/);
  terminal.write('/quit\r');
  expect(await terminal.exit).toEqual({ exitCode: 0, signal: 0 });
});

test('without arguments a form asks, shows errors at their field, and opens the chat', async () => {
  const server = await openRendezvous();
  await using terminal = punchline([], { env: { XDG_CONFIG_HOME: '/nonexistent' } });
  await terminal.waitFor('› Invite');
  terminal.write('7-velvet\r');
  await terminal.waitFor('the code has 1 word');
  terminal.write(`-orbit@127.0.0.1:${server.port}\r`);
  // The invite names the place, so it is not asked for.
  await terminal.waitFor('› Your name');
  terminal.write('anna\r');
  // Nobody waits in room 7, and the opened chat says so.
  await terminal.waitFor('Enter tries again');
  terminal.write('\u0004');
  expect(await terminal.exit).toEqual({ exitCode: 4, signal: 0 });
  expect(terminal.text().match(/Open a room/g)).toHaveLength(1);
});

test('Esc leaves the form, and nothing is started', async () => {
  await using terminal = punchline([], { env: { XDG_CONFIG_HOME: '/nonexistent' } });
  await terminal.waitFor('› Invite');
  terminal.write('\u001B');
  expect((await terminal.exit).signal).toBe(0);
  expect(terminal.raw()).not.toContain('\u001B[?1049h');
});
