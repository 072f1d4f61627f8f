/** All commands, for users who have no home, or cannot write to it. A command that is added needs words here. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { commands, type Commands } from '../../source/cli/options/command-table.ts';
import { ada, asUser, needOtherUsers, stranger } from '../helpers/programs/other-users.ts';
import { program } from '../helpers/programs/punchline.ts';
import { openRendezvous } from '../helpers/servers/local-rendezvous.ts';

/** Nobody listens there, so a client ends at once. */
const nowhere = ['-s', '127.0.0.1:1'];
const code = '7-velvet-orbit';

/** The words after each command, and how it ends for a user who has no home. */
const lines: Readonly<Record<string, readonly [words: readonly string[], exit: number]>> = {
  chat: [['--plain', ...nowhere], 3],
  pipe: [nowhere, 3],
  send: [['--text', 'hello', ...nowhere], 3],
  receive: [[code, '--into', '.', ...nowhere], 3],
  forward: [['0:localhost:80', ...nowhere], 3],
  'friends list': [[], 8],
  'friends rename': [['grace', 'hopper'], 8],
  'friends remove': [['grace', '--yes'], 8],
  'friends export': [['friends.json'], 8],
  'friends import': [['friends.json'], 8],
  serve: [['--port', '0', '--host', '127.0.0.256'], 8],
  doctor: [nowhere, 3],
  'lab up': [['class', 'alice=nonsense'], 2],
  'lab try': [['cone'], 2],
  'lab matrix': [['cone'], 2],
  'lab list': [[], 0],
  'lab enter': [['class', 'alice'], 2],
  'lab nat': [['class'], 2],
  'lab watch': [['class'], 2],
  'lab replay': [['missing.json'], 8],
  'lab dial': [['class', 'alice', '50.0.0.2:80'], 2],
  'lab listen': [['class', 'alice'], 2],
  'lab cut': [['class', 'alice'], 2],
  'lab restore': [['class', 'alice'], 2],
  'lab rebind': [['class', 'alice'], 2],
  'lab down': [['class'], 2],
  'workshop list': [[], 8],
  'workshop start': [['99'], 8],
  'workshop verdict': [['1'], 8],
  'workshop hint': [['1'], 8],
  'workshop solution': [['1'], 8],
  'workshop files': [['7'], 8],
  'workshop reset': [['1'], 8],
  'workshop end': [['1'], 8],
  'workshop rehearse': [['99'], 2],
  'workshop print': [['--handout'], 0],
  'workshop check': [[], 2],
  'workshop join': [['missing'], 8],
  'workshop leave': [[], 8],
  'workshop class': [['missing'], 8],
  'workshop board': [[], 8],
  'workshop freeze': [['1'], 8],
  'workshop release': [['1'], 8],
  demo: [['--plain'], 0],
  help: [['config'], 0],
  completion: [['bash'], 0],
  version: [[], 0],
};

/** All that can be called, such as `lab up`. */
function calls(some: Commands, before = ''): string[] {
  return Object.entries(some).flatMap(([name, { commands: inner }]) =>
    inner === undefined ? [before + name] : calls(inner, `${before}${name} `),
  );
}

/** A folder of that user, which goes with the test. */
function folderOf(user: number, mode = 0o700): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-user-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  chownSync(folder, user, user);
  chmodSync(folder, mode);
  return folder;
}

interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** Starts the program as a user without an account. */
function start(
  args: readonly string[],
  { cwd, env = {}, user = ada }: { cwd: string; env?: Readonly<Record<string, string>>; user?: number },
): Running {
  const { env: as, words } = asUser(user);
  const child = spawn(process.execPath, [...words, program, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], ...as, ...env },
    stdio: 'pipe',
  });
  child.stdin.on('error', () => undefined);
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]).then(([[exit], stdout, stderr]) => ({ code: exit, stdout, stderr }));
  return { child, ended };
}

function run(args: readonly string[], options: Parameters<typeof start>[1]) {
  const { child, ended } = start(args, options);
  child.stdin.end();
  return ended;
}

test('this test knows all commands', () => {
  expect(Object.keys(lines).toSorted()).toEqual(calls(commands).toSorted());
});

test.for(Object.entries(lines))('without a home: %s', async ([call, [words, exit]], context) => {
  needOtherUsers(context);
  const { code: ended, stderr } = await run([...call.split(' '), ...words], { cwd: folderOf(ada) });
  // An error of the system, and the stack of a bug, would be no words.
  expect({ ended, stderr }).toEqual({
    ended: exit,
    stderr: expect.not.stringMatching(/\bE[A-Z]{4,}\b(?!_)|^ {4}at /m),
  });
});

test('with a home that cannot be written to, commands work that keep nothing', async (context) => {
  needOtherUsers(context);
  const home = folderOf(ada, 0o555);
  // One of each group stands for those that share its code.
  const keepNothing = Object.entries(lines).filter(
    ([call, [, exit]]) => exit !== 8 && !/^(?:demo|lab (?!list)|workshop (?!print))/.test(call),
  );
  expect(keepNothing.length).toBeGreaterThan(10);
  for (const [call, [words, exit]] of keepNothing) {
    const end = await run([...call.split(' '), ...words], { cwd: folderOf(ada), env: { HOME: home } });
    expect({ call, ...end }).toMatchObject({ call, code: exit });
  }
});

test('two without a home meet, and messages, files and streams pass', async (context) => {
  needOtherUsers(context);
  const { options } = await openRendezvous();
  const [one, other] = [folderOf(ada), folderOf(stranger)];
  writeFileSync(join(one, 'letter'), 'dear friend', { mode: 0o644 });
  chownSync(join(one, 'letter'), ada, ada);
  const agreed = ['--code', '4711-velvet-orbit', ...options];
  const sender = start(['send', 'letter', ...agreed], { cwd: one });
  const taken = await run(['receive', '--yes', ...agreed], { cwd: other, user: stranger });
  sender.child.stdin.end();
  expect({ taken: taken.code, sent: (await sender.ended).code }).toEqual({ taken: 0, sent: 0 });
  expect(readFileSync(join(other, 'letter'), 'utf8')).toBe('dear friend');
  const piped = [
    start(['pipe', ...agreed], { cwd: one }),
    start(['pipe', ...agreed], { cwd: other, user: stranger }),
  ];
  piped[0]?.child.stdin.end('through the pipe');
  piped[1]?.child.stdin.end();
  expect(await piped[1]?.ended).toMatchObject({ code: 0, stdout: 'through the pipe' });
  const chats = [
    start(['chat', '--json', ...agreed], { cwd: one }),
    start(['chat', '--json', ...agreed], { cwd: other, user: stranger }),
  ];
  chats[0]?.child.stdin.end('through the chat\n');
  chats[1]?.child.stdin.end();
  const [said, heard] = await Promise.all(chats.map(({ ended }) => ended));
  expect([said?.code, heard?.code]).toEqual([0, 0]);
  expect(heard?.stdout).toContain('"text":"through the chat"');
});

test.for([
  [
    'a file',
    (mine: string) => join(mine, 'file'),
    /^punchline: XDG_CONFIG_HOME is ignored: '.*\/file': it is not a folder$/m,
  ],
  [
    "another user's folder",
    () => folderOf(stranger),
    /^punchline: XDG_CONFIG_HOME is ignored: '.*': this user has no permission$/m,
  ],
  [
    'a relative path',
    () => 'rel/ative',
    /^punchline: XDG_CONFIG_HOME is ignored: 'rel\/ative' is no absolute path$/m,
  ],
] as const)(
  'a folder of config files that is %s is ignored with a reason',
  async ([, named, told], context) => {
    needOtherUsers(context);
    const mine = folderOf(ada);
    writeFileSync(join(mine, 'file'), '');
    const env = { HOME: mine, XDG_CONFIG_HOME: named(mine) };
    const { code: ended, stderr } = await run(['chat', '--json', ...nowhere], { cwd: mine, env });
    expect(ended).toBe(3);
    expect(stderr.match(new RegExp(told, 'gm'))).toHaveLength(1);
  },
);

test('a config file that cannot be read is refused, because it is there', async (context) => {
  needOtherUsers(context);
  const mine = folderOf(ada);
  mkdirSync(join(mine, 'punchline'));
  writeFileSync(join(mine, 'punchline', 'config.json'), '{}', { mode: 0o600 });
  const { code: ended, stderr } = await run(['chat', '--plain', ...nowhere], {
    cwd: mine,
    env: { XDG_CONFIG_HOME: mine },
  });
  expect(ended).toBe(2);
  expect(stderr).toContain('config.json cannot be read: this user has no permission');
});

test.for([
  ['a file', (mine: string) => join(mine, 'file')],
  ["another user's folder", () => folderOf(stranger)],
] as const)('a runtime folder that is %s holds no lab', async ([, named], context) => {
  needOtherUsers(context);
  const mine = folderOf(ada);
  writeFileSync(join(mine, 'file'), '');
  chownSync(join(mine, 'file'), ada, ada);
  const env = { XDG_RUNTIME_DIR: named(mine), TMPDIR: mine };
  expect(await run(['lab', 'list'], { cwd: mine, env })).toEqual({
    code: 0,
    stdout: 'No lab is up.\n',
    stderr: '',
  });
});
