/** Several processes with the same friends, and processes that are killed. */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { FriendBook } from '../../source/friends/friend-book.ts';
import { eventually } from '../helpers/eventually.ts';
import { aFriend } from '../helpers/friends/a-friend.ts';
import { typescriptNode } from '../helpers/programs/typescript-program.ts';
import { skipWithout } from '../helpers/skip-without.ts';

const program = fileURLToPath(new URL('../helpers/friends/book-program.ts', import.meta.url));

/** How many times a process is killed. Each time it is at another place. */
const KILLS = 12;

function aBook() {
  const home = mkdtempSync(join(tmpdir(), 'punchline-friends-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const folder = join(home, 'friends');
  return { book: new FriendBook(folder), folder };
}

interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  /** The lines that it has told. */
  readonly told: AsyncIterator<string, undefined>;
  readonly ended: Promise<unknown>;
}

function start(...words: readonly string[]): Running {
  const [command, ...flags] = typescriptNode;
  const child = spawn(command, [...flags, program, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, told: createInterface({ input: child.stdout })[Symbol.asyncIterator](), ended };
}

async function next({ told }: Running): Promise<Record<string, unknown>> {
  const { value } = await told.next();
  return JSON.parse(value ?? '{}') as Record<string, unknown>;
}

async function all({ told }: Running): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  for (let one = await told.next(); one.done !== true; one = await told.next()) {
    lines.push(JSON.parse(one.value) as Record<string, unknown>);
  }
  return lines;
}

test('a folder is used by one of several processes at a time', async () => {
  const { folder } = aBook();
  mkdirSync(folder);
  const running = Array.from({ length: 6 }, () => start('alone', folder));
  for (const one of running) {
    expect(await all(one)).toEqual([{ done: true }]);
  }
  expect(readdirSync(folder)).toEqual([]);
});

test('eight processes that add friends of one name at once lose none, and give no name twice', async () => {
  const { book, folder } = aBook();
  const running = Array.from({ length: 8 }, (_, number) => start('add', folder, String(number)));
  const told = (await Promise.all(running.map(all))).flat().map(({ name }) => String(name));
  const expected = Array.from({ length: 40 }, (_, n) => (n === 0 ? 'ada' : `ada-${n + 1}`));
  expect(told.toSorted()).toEqual(expected.toSorted());
  const { damaged, friends } = await book.list();
  expect(damaged).toEqual([]);
  expect(friends.map(({ name }) => name).toSorted()).toEqual(expected.toSorted());
  expect(friends.filter(({ metAt }) => metAt === 7)).toHaveLength(40);
});

test('of eight processes that want one name for their friends, one gets it', async () => {
  const { book, folder } = aBook();
  for (let n = 0; n < 8; n += 1) {
    await book.add(aFriend(n), `old-${n}`);
  }
  const running = Array.from({ length: 8 }, (_, number) => start('rename', folder, String(number)));
  const told = (await Promise.all(running.map(all))).flat();
  expect(told.filter(({ name }) => name === 'ada')).toHaveLength(1);
  expect(told.filter(({ code }) => code === 'ERR_USAGE')).toHaveLength(7);
  const { friends } = await book.list();
  expect(friends.filter(({ name }) => name === 'ada')).toHaveLength(1);
  expect(friends).toHaveLength(8);
});

test('a process that is killed while it writes leaves whole records, and nobody waits for it', async () => {
  const { book, folder } = aBook();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const running = start('churn', folder);
    for (let n = 0; n < 1 + ((kill * 3) % 7); n += 1) {
      expect(await next(running)).toMatchObject({ name: expect.stringMatching(/^grace-\d+/) as string });
    }
    running.child.kill('SIGKILL');
    await running.ended;
    const { damaged, friends } = await book.list();
    expect(damaged).toEqual([]);
    expect(friends.length).toBeLessThanOrEqual(3);
    expect(new Set(friends.map(({ name }) => name)).size).toBe(friends.length);
    const { id } = await book.add(aFriend(99), 'zoe');
    await book.remove('zoe');
    expect(existsSync(join(folder, id))).toBe(false);
    expect(readdirSync(folder).filter((name) => !/^[\da-f]{32}$/.test(name))).toEqual([]);
    for (const name of readdirSync(folder)) {
      expect(readdirSync(join(folder, name)).filter((file) => file !== 'friend.json')).toEqual([]);
    }
  }
});

test('a friend is used by one process, and by the next as soon as that one has ended or was killed', async () => {
  const { book, folder } = aBook();
  const ada = await book.add(aFriend(1), 'ada');
  const first = start('hold', folder, 'ada');
  expect(await next(first)).toEqual({ holds: true });
  const inUse = {
    code: 'ERR_FRIEND_IN_USE',
    message: `ada is in use by another process (pid ${first.child.pid})`,
    hint: 'Go on there, or end it first.',
  };
  await expect(book.hold(ada)).rejects.toMatchObject(inUse);
  expect(await next(start('hold', folder, 'ada'))).toMatchObject(inUse);
  await expect(book.remove('ada')).rejects.toMatchObject({ code: 'ERR_FRIEND_IN_USE' });
  first.child.kill('SIGKILL');
  await first.ended;
  (await book.hold(ada)).release();
  const second = start('hold', folder, 'ada');
  expect(await next(second)).toEqual({ holds: true });
  second.child.stdin.end();
  await second.ended;
  expect(readdirSync(join(folder, ada.id))).toEqual(['friend.json']);
});

test.runIf(process.platform === 'linux')(
  'a killed process that nobody has waited for counts as ended',
  async () => {
    const { book, folder } = aBook();
    const ada = await book.add(aFriend(1), 'ada');
    // The shell becomes a program that does not wait for the children of the shell.
    const script = 'exec 3<&0; "$@" <&3 & exec tail -f /dev/null';
    const words = ['-c', script, 'sh', ...typescriptNode, program, 'hold', folder, 'ada'];
    const child = spawn('sh', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const [, pid = ''] = /^process-(\d+)-/m.exec(readdirSync(join(folder, ada.id)).join('\n')) ?? [];
    process.kill(Number(pid), 'SIGKILL');
    const held = await eventually(() => book.hold(ada));
    expect(readFileSync(`/proc/${pid}/stat`, 'latin1')).toMatch(/\) Z /);
    held.release();
  },
);

/** A disk of 64 kB. Skips the test if this user may not mount one. */
function smallDisk(context: Parameters<typeof skipWithout>[0]): string {
  const disk = mkdtempSync(join(tmpdir(), 'punchline-friends-disk-'));
  onTestFinished(() => rmSync(disk, { recursive: true, force: true }));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'punchline', disk], { stdio: 'pipe' });
  } catch {
    skipWithout(context, 'this user may not mount a disk');
  }
  onTestFinished(() => void execFileSync('umount', ['-l', disk]));
  return disk;
}

test('on a full disk nothing changes, which is told, and friends can be used and removed', async (context) => {
  const disk = smallDisk(context);
  const folder = join(disk, 'friends');
  const book = new FriendBook(folder);
  const ada = await book.add(aFriend(1), 'ada');
  const grace = await book.add(aFriend(2), 'grace');
  const filler = join(disk, 'filler');
  expect(() => writeFileSync(filler, Buffer.alloc(100_000))).toThrow('ENOSPC');
  const full = {
    code: 'ERR_FILE',
    exitCode: 8,
    message: `the friends in ${folder} cannot be changed: the disk is full`,
    hint: 'Make room on that disk, and try again.',
  };
  await expect(book.add(aFriend(3), 'zoe')).rejects.toMatchObject(full);
  await expect(book.rename('ada', 'zoe')).rejects.toMatchObject(full);
  await expect(book.update(ada.id, { metAt: 9 })).rejects.toMatchObject(full);
  expect(await book.list()).toEqual({ friends: [ada, grace], damaged: [] });
  expect(readdirSync(folder).toSorted()).toEqual([ada.id, grace.id].toSorted());
  (await book.hold(ada)).release();
  await book.remove('grace');
  rmSync(filler);
  await book.add(aFriend(3), 'zoe');
  expect((await book.list()).friends.map(({ name }) => name)).toEqual(['ada', 'zoe']);
});
