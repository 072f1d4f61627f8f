/**
 * The terminal goes away: its window is closed, `tmux kill-server`, an ssh
 * connection is cut. The built program ends in every state, with 129.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program, startPunchline, type Punchline } from '../../helpers/programs/punchline.ts';
import { startCuttableServer } from '../../helpers/sessions/cuttable-server.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';
import type { ScreenPattern } from '../../helpers/terminal/emulator.ts';
import { f1 } from '../../helpers/terminal/keys.ts';
import { openTerminal, type Terminal } from '../../helpers/terminal/terminal.ts';

const root = mkdtempSync(join(tmpdir(), 'punchline-gone-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

const code = '7123-velvet-orbit';

/** How the program is run, and how its terminal goes away. */
interface Way {
  readonly name: string;
  /** Words before the command. */
  readonly under: readonly string[];
  readonly go: (started: Started) => void;
}

const ways: readonly Way[] = [
  { name: 'its window is closed', under: [], go: ({ terminal }) => terminal.hangUp() },
  { name: 'it gets SIGHUP', under: [], go: ({ pid }) => process.kill(pid(), 'SIGHUP') },
  // A process of another session gets no signal. It learns of the end when it reads or writes. The shell that started
  // it keeps its exit code, and outlives the terminal.
  {
    name: 'it can no longer be read or written',
    under: ['sh', '-c', 'trap : HUP; setsid -w "$@"; echo $? >"$KEEP/exit"', 'sh'],
    go: ({ terminal }) => terminal.hangUp(),
  },
];

/** A program in a terminal. */
interface Started {
  readonly terminal: Terminal;
  readonly pid: () => number;
  /** Resolves with the exit code, as a shell tells it. */
  readonly exit: () => Promise<number>;
}

const preload = `data:text/javascript,${encodeURIComponent(
  `import { writeFileSync } from 'node:fs';
  writeFileSync(process.env.KEEP + '/pid', String(process.pid));`,
)}`;

function start(
  args: readonly string[],
  under: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Started {
  const folder = newFolder();
  const [first = '', ...words] = [...under, process.execPath, '--import', preload, program, ...args];
  const terminal = openTerminal({
    command: first,
    args: words,
    env: { XDG_CONFIG_HOME: '/nonexistent', KEEP: folder, ...env },
  });
  const pid = pidIn(folder);
  return {
    terminal,
    pid,
    exit: async () => {
      if (under.length > 0) {
        return keptExit(folder);
      }
      const { exitCode, signal } = await terminal.exit;
      return signal === 0 ? exitCode : 128 + signal;
    },
  };
}

/** Returns what tells the process that was started there. It is killed after the test, if it still runs. */
function pidIn(folder: string): () => number {
  function pid(): number {
    return Number(readFileSync(join(folder, 'pid'), 'utf8'));
  }
  onTestFinished(() => {
    try {
      process.kill(pid(), 'SIGKILL');
    } catch {
      // It has ended.
    }
  });
  return pid;
}

function keptExit(folder: string): Promise<number> {
  return eventually(() => {
    const text = readFileSync(join(folder, 'exit'), 'utf8');
    expect(text).toMatch(/\n/);
    return Number(text);
  });
}

/**
 * A peer that waits for the program in the terminal. It is started first: a
 * process inherits the open side of each terminal that is there at its start,
 * and would keep it from going away.
 */
function startPeer(options: readonly string[], args: readonly string[] = []): Punchline {
  return startPunchline(['chat', '--json', '--code', code, '--name', 'bob', ...options, ...args]);
}

const connected = /● \S+ · bob/;

/** Brings a program into a state. */
type State = (under: readonly string[]) => Promise<Started>;

async function inChat(under: readonly string[], env?: Readonly<Record<string, string>>) {
  const { options } = await openRendezvous();
  const peer = startPeer(options);
  const started = start(['chat', '--code', code, ...options], under, env);
  await started.terminal.waitFor(connected);
  await peer.waitFor('connected');
  return { started, peer };
}

/** An editor that ends when it cannot read any more, as editors do. */
const editor = `/bin/sh -c 'echo editing; cat >/dev/null' sh`;

async function command(
  under: readonly string[],
  args: readonly string[],
  shown: ScreenPattern,
): Promise<Started> {
  const started = start(args, under);
  await started.terminal.waitFor(shown);
  return started;
}

const states: Readonly<Record<string, State>> = {
  'in the form': (under) => command(under, [], '› Invite'),
  connecting: async (under) => {
    const { port } = await startRawServer();
    return command(
      under,
      ['chat', '1-velvet-orbit', '--server', `127.0.0.1:${port}`, '--no-lan'],
      'Connecting',
    );
  },
  waiting: async (under) => command(under, ['chat', ...(await openRendezvous()).options], 'punchline chat'),
  punching: async (under) => {
    const { options } = await openRendezvous();
    // From a fresh port no dial arrives, so both sides go on for as long as the test needs.
    const inVain = ['--fresh-port', '--no-lan', '--no-relay', '--attempts', '100'];
    startPeer(options, inVain);
    const started = start(['chat', '--code', code, ...inVain, ...options], under);
    await started.terminal.waitFor(/Connecting to (?:your friend|bob)/);
    return started;
  },
  'in a chat': async (under) => (await inChat(under)).started,
  'with a draft': async (under) => {
    const { started } = await inChat(under);
    started.terminal.write('a draft');
    await started.terminal.waitFor('› a draft');
    return started;
  },
  'with an overlay': async (under) => {
    const { started } = await inChat(under);
    started.terminal.write(f1);
    await started.terminal.waitFor('Esc closes');
    return started;
  },
  'with a file under way': async (under) => {
    const { options } = await openRendezvous();
    const target = mkdtempSync(join(root, 'target-'));
    const peer = startPeer(options, ['--accept-files', target]);
    const started = start(['chat', '--code', code, ...options], under);
    await started.terminal.waitFor(connected);
    const file = join(root, 'large.iso');
    writeFileSync(file, '');
    truncateSync(file, 4_000_000_000);
    started.terminal.write(`/send ${file}\r`);
    await peer.waitFor('file', ({ state }) => state === 'accepted');
    peer.kill('SIGSTOP');
    await started.terminal.waitFor('large.iso');
    return started;
  },
  'with a lost connection': async (under) => {
    const line = await startCuttableServer();
    const options = ['--server', `127.0.0.1:${line.options.server.port}`, '--relay', 'always'];
    startPeer(options);
    const started = start(['chat', '--code', code, ...options], under);
    await started.terminal.waitFor(connected);
    line.close();
    await started.terminal.waitFor('reconnecting');
    return started;
  },
  'after the peer has left': async (under) => {
    const { started, peer } = await inChat(under);
    peer.kill('SIGTERM');
    await started.terminal.waitFor('bob has left');
    return started;
  },
  'with an editor': async (under) => {
    const { started } = await inChat(under, { EDITOR: editor });
    started.terminal.write('\u0018\u0005');
    await started.terminal.waitFor('editing');
    return started;
  },
  'with lines of text': async (under) => {
    const { options } = await openRendezvous();
    return command(under, ['chat', '--plain', ...options], /waiting/i);
  },
  'with lines of text, in a chat': async (under) => {
    const { options } = await openRendezvous();
    startPeer(options);
    const started = start(['chat', '--plain', '--code', code, ...options], under);
    await started.terminal.waitFor(/connected/);
    return started;
  },
  'in the demo': (under) => command(under, ['demo'], /● lan · Grace/),
};

/** These read nothing from a terminal, and do their work without one, as `setsid punchline serve` shows. */
const withoutKeys: Readonly<Record<string, State>> = {
  'in pipe': async (under) => command(under, ['pipe', ...(await openRendezvous()).options], /waiting/i),
  'in doctor': async (under) =>
    command(under, ['doctor', ...(await openRendezvous()).options, '--lifetime'], /./),
  'in serve': (under) => command(under, ['serve', '--port', '0', '--host', '127.0.0.1'], /Rendezvous on/),
};

const [closed, signalled, dead] = ways;

/** All ways where the terminal is read; and one where nothing depends on that. */
const cases: readonly (readonly [string, State, Way])[] = [
  ...Object.entries(states).flatMap(([state, bring]): [string, State, Way][] => [
    [state, bring, closed!],
    [state, bring, dead!],
  ]),
  ...Object.entries(withoutKeys).map(([state, bring]): [string, State, Way] => [state, bring, closed!]),
  ...['in a chat', 'after the peer has left', 'with an editor', 'with lines of text'].map(
    (state): [string, State, Way] => [state, states[state]!, signalled!],
  ),
];

describe.each(cases)('%s', (_state, bring, { name, under, go }) => {
  test(`the program ends with 129 when ${name}`, async () => {
    const started = await bring(under);
    go(started);
    expect(await started.exit()).toBe(129);
  });
});

/** Writes a script that starts the program and keeps its exit code. Returns what starts it in an interactive shell. */
function script(folder: string, args: readonly string[]): string {
  const words = [process.execPath, '--import', preload, program, ...args].map(
    (word) => `'${word.replaceAll("'", String.raw`'\''`)}'`,
  );
  const file = join(folder, 'start');
  // bash sends SIGTERM to a stopped job when it reads the end of its terminal before it gets SIGHUP.
  writeFileSync(
    file,
    `export KEEP='${folder}'\ntrap : HUP TERM\n${words.join(' ')}\necho $? >"$KEEP/exit"\n`,
  );
  return `sh ${file}`;
}

function newFolder(): string {
  folders += 1;
  const folder = join(root, String(folders));
  mkdirSync(folder);
  return folder;
}

test('stopped by Ctrl-Z, the program ends with 129 when its window is closed', async () => {
  const { options } = await openRendezvous();
  const peer = startPeer(options);
  const folder = newFolder();
  await using shell = openTerminal({
    command: 'bash',
    args: ['--norc', '--noprofile', '--noediting', '-i'],
    env: { PS1: 'shell> ', XDG_CONFIG_HOME: '/nonexistent' },
  });
  await shell.waitFor('shell>');
  shell.write(`${script(folder, ['chat', ...options, '--code', code])}\r`);
  await shell.waitFor(connected);
  pidIn(folder);
  shell.write('\u001A');
  await shell.waitFor('Stopped');
  shell.hangUp();
  expect(await keptExit(folder)).toBe(129);
  expect((await peer.ended()).code).toBe(0);
});

test.each(['in a chat', 'after the peer has left'])(
  '%s, the program ends with 129 when the tmux around it is killed',
  async (state) => {
    const socket = `punchline-${randomUUID()}`;
    function tmux(...words: string[]): string {
      return spawnSync('tmux', ['-L', socket, '-f', '/dev/null', ...words], { encoding: 'utf8' }).stdout;
    }
    onTestFinished(() => void tmux('kill-server'));
    const { options } = await openRendezvous();
    const peer = startPeer(options);
    const folder = newFolder();
    tmux(
      'new-session',
      '-d',
      '-x',
      '80',
      '-y',
      '24',
      '-e',
      'XDG_CONFIG_HOME=/nonexistent',
      'bash --norc --noprofile',
    );
    tmux('send-keys', '-l', script(folder, ['chat', ...options, '--code', code]));
    tmux('send-keys', 'Enter');
    await eventually(() => expect(tmux('capture-pane', '-p')).toMatch(connected));
    const pid = pidIn(folder);
    await peer.waitFor('connected');
    if (state !== 'in a chat') {
      peer.kill('SIGTERM');
    }
    const shown = state === 'in a chat' ? connected : /bob has left/;
    await eventually(() => expect(tmux('capture-pane', '-p')).toMatch(shown));
    tmux('kill-server');
    expect(await keptExit(folder)).toBe(129);
    expect(() => process.kill(pid(), 0)).toThrow('ESRCH');
  },
);
