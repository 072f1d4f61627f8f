/** The modes that the built program sets in a real pseudo-terminal, and that all are restored. */
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { createConfigHome } from '../../helpers/programs/config-home.ts';
import { testFromOneSize } from '../../helpers/sizes/from-sizes.ts';
import { modes, openJob, openRoom } from '../../helpers/sizes/modes.ts';
import { program } from '../../helpers/programs/punchline.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';
import { openTerminal } from '../../helpers/terminal/terminal.ts';
import { modesOf, untouchedModes } from '../../helpers/terminal/terminal-modes.ts';

describe('modes', () => {
  test('focus, wheel and pastes are reported only while the screen is open', async () => {
    await using terminal = await openRoom();
    expect(modesOf(terminal)).toMatchObject({
      bracketedPasteMode: true,
      mouseTrackingMode: 'vt200',
      sendFocusMode: true,
    });
    terminal.write('\u0003\u0003');
    await terminal.exit;
    expect(modesOf(terminal)).toEqual(untouchedModes);
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s restores all of them', async (signal) => {
    await using terminal = await openRoom();
    process.kill(terminal.pid, signal);
    await terminal.exit;
    expect(modesOf(terminal)).toEqual(untouchedModes);
  });

  test('--no-mouse leaves the mouse to the terminal', async () => {
    await using terminal = await openRoom(['--no-mouse']);
    expect(terminal.xterm.modes.mouseTrackingMode).toBe('none');
  });

  test('the title is saved, set and restored', async () => {
    await using terminal = await openRoom();
    terminal.write('\u0003\u0003');
    await terminal.exit;
    // oxlint-disable-next-line no-control-regex -- a title is a control sequence
    const titles = terminal.raw().match(/\u001B\[2[23];0t|\u001B\]2;.*?\u001B\\/g);
    expect(titles).toEqual(['\u001B[22;0t', '\u001B]2;Punchline\u001B\\', '\u001B[23;0t']);
  });
});

testFromOneSize(modes);

describe('a job of a shell', () => {
  test('a terminal that was resized meanwhile gets a screen of the new size', async () => {
    await using terminal = await openJob({ columns: 80, rows: 24 });
    terminal.write('\u001A');
    await terminal.waitFor('Stopped');
    terminal.resize(50, 15);
    terminal.write('fg\r');
    await terminal.waitFor((text) => (text.split('\n')[14] ?? '').includes('○ not connected'));
    expect(terminal.text().match(/not connected/g)).toHaveLength(1);
  });

  test('kill -TSTP works like Ctrl-Z; after kill -STOP the screen is redrawn', async () => {
    await using terminal = await openJob({ columns: 80, rows: 24 });
    const before = terminal.text();
    terminal.write('\u001A');
    await terminal.waitFor('Stopped');
    terminal.write('echo pid $(jobs -p)\r');
    const [, pid] = /pid (\d+)/.exec(await terminal.waitFor(/pid \d+/)) ?? [];
    for (const signal of ['SIGTSTP', 'SIGSTOP'] as const) {
      terminal.write('clear; fg\r');
      await terminal.waitFor((text) => text === before);
      process.kill(Number(pid), signal);
      await terminal.waitFor('Stopped');
      expect(terminal.buffer()).toBe(signal === 'SIGTSTP' ? 'normal' : 'alternate');
    }
    terminal.write('clear; fg\r');
    await terminal.waitFor((text) => text === before);
    terminal.write('typed\r');
    await terminal.waitFor('1 message waiting');
  });
});

describe('--no-alt-screen', () => {
  test('leaves its last frame with the summary below', async () => {
    await using terminal = await openRoom(['--no-alt-screen']);
    terminal.write('\u0003\u0003');
    await terminal.exit;
    expect(terminal.text()).toMatch(/ended *\n+Left before there was a connection\.\n/);
  });
});

describe('colours and marks', () => {
  // oxlint-disable no-control-regex -- colours are control sequences
  const colour = /\u001B\[(?:3[0-79]|9[0-7]|38;[25]|48;[25])/;

  test.each([
    ['--theme plain', ['--theme', 'plain'], {}],
    ['NO_COLOR', [], { NO_COLOR: '1' }],
  ])('%s: no colour, but emphasis', async (_, args, env) => {
    await using terminal = await openRoom(args, { env });
    expect(terminal.raw()).not.toMatch(colour);
    expect(terminal.raw()).toContain('\u001B[1m');
  });

  test.each([
    ['--theme dark, the terminal’s own', ['--theme', 'dark'], { NO_COLOR: '1' }, /\u001B\[36m/],
    ['--theme light, dark ones', ['--theme', 'light'], {}, /\u001B\[38;5;\d+m/],
    ['with 16 colours, one of them', ['--theme', 'light'], { TERM: 'xterm' }, /\u001B\[34m/],
  ])('%s', async (_, args, env, wanted) => {
    await using terminal = await openRoom(args, { env });
    expect(terminal.raw()).toMatch(wanted);
  });

  test.each([{ LANG: 'C' }, { TERM: 'linux' }])('%o: only ASCII', async (env) => {
    await using terminal = await openRoom([], { env });
    const shown = await terminal.waitFor('o not connected');
    expect(shown).toMatch(/^[\n -~]*$/);
  });

  test('with reduced motion no spinner turns', async () => {
    // The server says nothing until it is closed, so the current step stays on the screen.
    const server = await startRawServer();
    await using terminal = openTerminal({
      command: process.execPath,
      args: [program, 'chat', '1-velvet-orbit', '--server', `127.0.0.1:${server.port}`, '--reduced-motion'],
    });
    await terminal.waitFor(/● Connecting to the rendezvous/);
    (await server.next()).socket.destroy();
    await terminal.waitFor('Enter tries again');
    terminal.write('\u0003');
    await terminal.exit;
    expect(terminal.raw()).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
  });
});

test('the config file sets the theme, and an option wins over it', async () => {
  const home = createConfigHome({ theme: 'plain', mouse: false });
  await using terminal = await openRoom([], { env: { XDG_CONFIG_HOME: home } });
  expect(terminal.xterm.modes.mouseTrackingMode).toBe('none');
  expect(terminal.raw()).not.toContain('\u001B[36m');
  await using other = await openRoom(['--theme', 'dark', '--mouse'], { env: { XDG_CONFIG_HOME: home } });
  expect(other.xterm.modes.mouseTrackingMode).toBe('vt200');
  expect(other.raw()).toContain('\u001B[36m');
});
