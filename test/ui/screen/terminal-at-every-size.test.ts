/** How the built program treats a terminal of any size during a chat, and in which state it leaves it. */
import { testFromOneSize } from '../../helpers/sizes/from-sizes.ts';
import { handover, status } from '../../helpers/sizes/terminal.ts';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { aroundFrom, openConversation, sizes } from '../../helpers/chats/conversation.ts';
import { eventually } from '../../helpers/eventually.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program, startPunchline } from '../../helpers/programs/punchline.ts';
import { skipWithout } from '../../helpers/skip-without.ts';
import { openTerminal, type Terminal } from '../../helpers/terminal/terminal.ts';
import { modesOf, untouchedModes } from '../../helpers/terminal/terminal-modes.ts';
import { expectOneScreen, redrawn, resizedWhole, steady } from '../../helpers/terminal/whole-screen.ts';

const [focusIn, focusOut] = ['\u001B[I', '\u001B[O'];

/** The notifications and titles that the terminal gets, in order. */
function listenTo({ xterm }: Terminal): string[] {
  const heard: string[] = [];
  for (const number of [9, 99, 777]) {
    xterm.parser.registerOscHandler(number, (data) => heard.push(`OSC ${number} ${data}`) > 0);
  }
  xterm.onBell(() => heard.push('bell'));
  xterm.onTitleChange((title) => heard.push(`title ${title}`));
  return heard;
}

describe.each([
  { ...sizes[0]!, env: { TERM_PROGRAM: 'iTerm.app' }, told: ['OSC 9 bob wrote'] },
  { ...sizes[1]!, env: { TERM_PROGRAM: 'WezTerm' }, told: ['OSC 777 notify;Punchline;bob wrote'] },
  {
    ...sizes[2]!,
    env: { TERM: 'xterm-kitty' },
    told: ['OSC 99 i=punchline:d=0:o=unfocused;Punchline', 'OSC 99 i=punchline:d=1:p=body;bob wrote'],
  },
  { ...sizes[3]!, env: { TERM: 'xterm' }, told: ['bell'] },
])('in $columns columns and $rows rows, $env', ({ told, env, ...size }) => {
  test('only a user who does not look is notified, once; the title counts, and the terminal is restored', async () => {
    const { screen, peer } = await openConversation({ ...size, env });
    const [second, third] = aroundFrom(sizes.find(({ columns }) => columns === size.columns)!);
    const heard = listenTo(screen);
    // The program has learned that this terminal reports its focus.
    await screen.waitFor(() => screen.xterm.modes.sendFocusMode);
    screen.write(focusIn);
    peer.write('one\n');
    await screen.waitFor(/ +one/);
    await resizedWhole(screen, second, status);
    // The letter that is typed after it shows that the report was read.
    screen.write(`${focusOut}x`);
    await screen.waitFor('› x');
    peer.write('two\n');
    await screen.waitFor(/ +two/);
    peer.write('three\n');
    await screen.waitFor(/ +three/);
    await resizedWhole(screen, third, status);
    screen.write(focusIn);
    await eventually(() => expect(heard).toHaveLength(told.length + 3));
    // There is at most one notification in three seconds.
    const counts = ['title Punchline: bob (1)', 'title Punchline: bob (2)', 'title Punchline: bob'];
    expect(heard).toEqual([counts[0], ...told, ...counts.slice(1)]);
    await redrawn(screen, () => screen.resize(size.columns, size.rows));
    screen.write('\u0015/quit\r');
    expect(await screen.exit).toEqual({ exitCode: 0, signal: 0 });
    expect(modesOf(screen)).toEqual(untouchedModes);
    // The title is not changed after it was restored.
    const end = screen.raw().slice(screen.raw().lastIndexOf('\u001B[23;0t'));
    expect(end).toContain('\u001B[23;0t');
    expect(end).not.toMatch(/\[22;0t|\]2;/);
    // The ordinary screen holds only the summary.
    expect(screen.text().trim().replaceAll(/\s+/g, ' ')).toMatch(
      /^Chat with bob ended after [\d.]+ m?s, path lan: 0 messages sent, 3 received\.$/,
    );
  });
});

testFromOneSize(handover);

function tmux(socket: string, ...args: string[]) {
  return spawnSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
}

test('a tmux that is attached again at another size shows the chat at that size', async (context) => {
  const socket = `punchline-${randomUUID()}`;
  if (tmux(socket, '-V').error !== undefined) {
    skipWithout(context, 'tmux is not installed');
  }
  onTestFinished(() => void tmux(socket, 'kill-server'));
  const { options } = await openRendezvous();
  const args = ['chat', ...options, '--code', '7123-velvet-orbit'];
  function attach(words: readonly string[], size: { readonly columns: number; readonly rows: number }) {
    const terminal = openTerminal({
      command: 'tmux',
      args: ['-u', '-L', socket, '-f', '/dev/null', ...words],
      env: { TMUX: '' },
      ...size,
    });
    onTestFinished(terminal.close);
    return terminal;
  }
  const words = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
  let terminal = attach(['new-session', words, ';', 'set', 'status', 'off'], sizes[0]!);
  const bob = startPunchline([...args, '--json', '--name', 'bob']);
  await terminal.waitFor(status);
  terminal.write('draft');
  await terminal.waitFor('› draft');
  for (const [index, size] of aroundFrom(sizes[0]!).entries()) {
    tmux(socket, 'detach-client');
    await terminal.exit;
    bob.write(`away ${index}\n`);
    terminal = attach(['attach'], size);
    await terminal.waitFor(
      (text) => new RegExp(` +away ${index}`).test(text) && text.includes('› draft') && status.test(text),
    );
    await eventually(() => expectOneScreen(terminal, status));
    const shown = steady(terminal.text());
    tmux(socket, 'refresh-client');
    terminal.write('\u000C');
    await eventually(() => expect(steady(terminal.text())).toBe(shown));
  }
});
