/** Programs in terminals that go away: the states that they may be in then, and the ways to go. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { openRendezvous } from '../servers/local-rendezvous.ts';
import { program, startPunchline, type Punchline } from '../programs/punchline.ts';
import { startCuttableServer } from '../sessions/cuttable-server.ts';
import { startRawServer } from '../strangers/raw-server.ts';
import type { ScreenPattern } from './emulator.ts';
import { f1 } from './keys.ts';
import { openTerminal, type Terminal } from './terminal.ts';

export const code = '7123-velvet-orbit';

/** How the program is run, and how its terminal goes away. */
export interface Way {
  readonly name: string;
  /** Words before the command. */
  readonly under: readonly string[];
  readonly go: (started: Started) => void;
}

/** Words before a command that make it outlive its terminal, and keep its exit code. */
export const outlives = ['sh', '-c', 'trap : HUP; setsid -w "$@"; echo $? >"$KEEP/exit"', 'sh'] as const;

export const ways: readonly Way[] = [
  { name: 'its window is closed', under: [], go: ({ terminal }) => terminal.hangUp() },
  { name: 'it gets SIGHUP', under: [], go: ({ pid }) => process.kill(pid(), 'SIGHUP') },
  // A process of another session gets no signal. It learns of the end when it reads or writes. The shell that started
  // it keeps its exit code, and outlives the terminal.
  {
    name: 'it can no longer be read or written',
    under: outlives,
    go: ({ terminal }) => terminal.hangUp(),
  },
];

/** A program in a terminal. */
export interface Started {
  readonly terminal: Terminal;
  readonly pid: () => number;
  /** Resolves with the exit code, as a shell tells it. */
  readonly exit: () => Promise<number>;
}

export const preload = `data:text/javascript,${encodeURIComponent(
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
export function pidIn(folder: string): () => number {
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

export function keptExit(folder: string): Promise<number> {
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
export function startPeer(options: readonly string[], args: readonly string[] = []): Punchline {
  return startPunchline(['chat', '--json', '--code', code, '--name', 'bob', ...options, ...args]);
}

export const connected = /● \S+ · bob/;

/** Brings a program into a state. */
export type State = (under: readonly string[]) => Promise<Started>;

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
    const target = newFolder();
    const peer = startPeer(options, ['--accept-files', target]);
    const started = start(['chat', '--code', code, ...options], under);
    await started.terminal.waitFor(connected);
    const file = join(newFolder(), 'large.iso');
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
  'in receive': async (under) => {
    const { options } = await openRendezvous();
    const file = join(newFolder(), 'photo.jpg');
    writeFileSync(file, 'a photo');
    startPunchline(['send', file, '--code', code, ...options]);
    const into = ['--into', newFolder()];
    return command(under, ['receive', '--code', code, ...options, ...into], /Take r1 photo\.jpg\?/);
  },
  'in the demo': (under) => command(under, ['demo'], /● lan · Grace/),
};

/** These read nothing from a terminal, and do their work without one, as `setsid punchline serve` shows. */
const withoutKeys: Readonly<Record<string, State>> = {
  'in pipe': async (under) => command(under, ['pipe', ...(await openRendezvous()).options], /waiting/i),
  'in send': async (under) =>
    command(under, ['send', '--text', 'hello', ...(await openRendezvous()).options], /waiting/i),
  'in doctor': async (under) =>
    command(under, ['doctor', ...(await openRendezvous()).options, '--lifetime'], /./),
  'in serve': (under) => command(under, ['serve', '--port', '0', '--host', '127.0.0.1'], /Rendezvous on/),
};

/** A folder that is removed after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-gone-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export type Case = readonly [string, State, Way];

const [closed, signalled, dead] = ways;

/** The states in which the program reads the terminal in a way of its own. */
const readers = ['in the form', 'in a chat', 'with an editor'];

/** Every state, most with one way; and each way where the terminal is read. */
export const someCases: readonly Case[] = [
  ...Object.entries(states).map(([state, bring]): Case => [state, bring, dead!]),
  ...readers.map((state): Case => [state, states[state]!, closed!]),
  ...Object.entries(withoutKeys).map(([state, bring]): Case => [state, bring, closed!]),
  ...['in a chat', 'with lines of text'].map((state): Case => [state, states[state]!, signalled!]),
];

/** The other states with the other ways. */
export const otherCases: readonly Case[] = [
  ...Object.entries(states)
    .filter(([state]) => !readers.includes(state))
    .map(([state, bring]): Case => [state, bring, closed!]),
  ...['after the peer has left', 'with an editor'].map((state): Case => [state, states[state]!, signalled!]),
];

export function testCases(cases: readonly Case[]): void {
  describe.each(cases)('%s', (_state, bring, { name, under, go }) => {
    test(`the program ends with 129 when ${name}`, async () => {
      const started = await bring(under);
      go(started);
      expect(await started.exit()).toBe(129);
    });
  });
}
