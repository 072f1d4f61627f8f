import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { needOtherUsers, stranger } from '../../helpers/programs/other-users.ts';
import { startPair } from '../../helpers/sessions/pair.ts';
import { lines, startPunchline } from '../../helpers/programs/punchline.ts';

/** Nothing listens there. */
const nowhere = '127.0.0.1:1';

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function makePipe(): string {
  const path = join(makeFolder(), 'chat.log');
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
  return path;
}

describe('--log', () => {
  test('holds one line for each message, and only its owner can read it', async () => {
    const log = join(makeFolder(), 'chat.log');
    const [one, two] = await startPair(
      { args: ['--name', 'anna'] },
      { args: ['--log', log, '--heartbeat=0.1'] },
    );
    one.write('hello\n\u001B[31mred\n');
    await two.waitFor('message', ({ text }) => text.includes('red'));
    two.write('goodbye\n');
    await one.waitFor('message', ({ from }) => from === 'peer');
    await two.waitFor('heartbeat');
    one.endInput();
    await two.ended();
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
    const text = readFileSync(log, 'utf8');
    expect(text).toMatch(new RegExp(`^${time} <anna> hello\n${time} <anna> .*red\n${time} > goodbye\n$`));
    expect(text).not.toContain('\u001B');
    expect(statSync(log).mode & 0o777).toBe(0o600);
  });

  test('is appended to', async () => {
    const log = join(makeFolder(), 'chat.log');
    writeFileSync(log, 'before\n');
    const [one, two] = await startPair({}, { args: ['--log', log], options: { input: 'hello\n' } });
    await two.ended();
    await one.ended();
    expect(readFileSync(log, 'utf8')).toMatch(/^before\n\S+ > hello\n$/);
  });

  test.each([
    [
      'in a folder that does not exist',
      (folder: string) => join(folder, 'no', 'chat.log'),
      'its folder is not there',
    ],
    ['in a file', () => '/dev/null/chat.log', 'its folder is not a folder'],
    ['that is a folder', (folder: string) => folder, 'it is a folder'],
  ])('%s ends with exit 8 before anything has begun', async (_, place, why) => {
    const path = place(makeFolder());
    const {
      code: exit,
      stderr,
      stdout,
    } = await startPunchline(['chat', '--json', '-s', nowhere, '--log', path]).ended();
    expect(exit).toBe(8);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      `punchline: the log ${path} cannot be written: ${why}\nChoose another file with --log, or leave --log out.\n`,
    );
  });

  test('that may not be written ends with exit 8', async () => {
    // Root ignores modes, but cannot write to a folder of the kernel.
    const folder = process.getuid?.() === 0 ? '/sys' : makeFolder();
    if (folder !== '/sys') {
      chmodSync(folder, 0o500);
    }
    const chat = startPunchline(['chat', '-s', nowhere, '--log', join(folder, 'chat.log')]);
    expect((await chat.ended()).code).toBe(8);
  });

  test('that is a pipe without a reader ends with exit 8, and does not wait for one', async () => {
    const path = makePipe();
    const { code: exit, stderr } = await startPunchline(['chat', '-s', nowhere, '--log', path]).ended();
    expect(exit).toBe(8);
    expect(stderr).toContain(`the log ${path} cannot be written: it is a pipe that nobody reads`);
  });
});

/** The stderr of a chat that ends at once. */
async function logInto(path: string): Promise<{ readonly exit: number | null; readonly stderr: string }> {
  const { code: exit, stderr } = await startPunchline(['chat', '-s', nowhere, '--log', path]).ended();
  return { exit, stderr };
}

function makeSharedFolder(): string {
  const folder = makeFolder();
  chmodSync(folder, 0o777);
  return folder;
}

describe('a log in a folder that all may write to', () => {
  test('is made so that only its user can read it', async () => {
    const path = join(makeSharedFolder(), 'chat.log');
    expect(await logInto(path)).toMatchObject({ exit: 3 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('follows no link, whoever made it', async () => {
    const profile = join(makeFolder(), 'profile');
    const path = join(makeSharedFolder(), 'chat.log');
    symlinkSync(profile, path);
    expect(await logInto(path)).toEqual({
      exit: 8,
      stderr: expect.stringContaining('it is a link') as string,
    });
    expect(existsSync(profile)).toBe(false);
    writeFileSync(profile, '', { mode: 0o600 });
    expect(await logInto(path)).toMatchObject({ exit: 8 });
    rmSync(path);
    linkSync(profile, path);
    expect(await logInto(path)).toEqual({
      exit: 8,
      stderr: expect.stringContaining('it has another name') as string,
    });
  });

  test('may not be a file or a pipe of another user', async (context) => {
    needOtherUsers(context);
    const path = join(makeSharedFolder(), 'chat.log');
    writeFileSync(path, '');
    chmodSync(path, 0o666);
    chownSync(path, stranger, stranger);
    const refusal = {
      exit: 8,
      stderr: expect.stringContaining(`it belongs to another user (${stranger})`) as string,
    };
    expect(await logInto(path)).toEqual(refusal);
    const pipe = makePipe();
    chownSync(pipe, stranger, stranger);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(reader));
    expect(await logInto(pipe)).toEqual(refusal);
  });
});

describe('a log in a folder of the user', () => {
  test('is closed to others if they could read it', async () => {
    const path = join(makeFolder(), 'chat.log');
    writeFileSync(path, 'before\n');
    chmodSync(path, 0o644);
    expect(await logInto(path)).toMatchObject({ exit: 3 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toBe('before\n');
  });

  test('may be a link, or have two names', async () => {
    const folder = makeFolder();
    const path = join(folder, 'chat.log');
    symlinkSync(join(folder, 'target'), path);
    expect(await logInto(path)).toMatchObject({ exit: 3 });
    expect(statSync(join(folder, 'target')).isFile()).toBe(true);
    linkSync(join(folder, 'target'), join(folder, 'second'));
    expect(await logInto(join(folder, 'second'))).toMatchObject({ exit: 3 });
  });
});

describe('a log that cannot be written any more', () => {
  test.each([['--json'], ['--plain']])('is reported once, and the chat goes on: %s', async (face) => {
    const [one, two] = await startPair({}, { face, args: ['--log', '/dev/full'] });
    for (const line of ['first', 'second', 'third']) {
      one.write(`${line}\n`);
      await two.waitForText(new RegExp(line));
    }
    two.write('an answer\n');
    await one.waitFor('message', ({ text }) => text === 'an answer');
    one.endInput();
    const { code: exit, stderr } = await two.ended();
    expect(exit).toBe(0);
    expect(stderr.match(/cannot be written/g)).toHaveLength(1);
    expect(stderr).toMatch(
      /^punchline: the log \/dev\/full cannot be written: the disk is full\nThe chat goes on/,
    );
    expect(stderr).toMatch(/\npunchline: 4 messages could not be written to the log \/dev\/full\n$/);
  });

  test('is an event, not the end', async () => {
    const [one, two] = await startPair({}, { args: ['--log', '/dev/full'] });
    one.write('first\n');
    const error = await two.waitFor('error');
    expect(error).toMatchObject({
      code: 'ERR_FILE',
      hint: expect.stringMatching(/^The chat goes on/) as string,
    });
    one.endInput();
    await two.ended();
    expect(two.events.at(-1)).toMatchObject({ event: 'ended', reason: 'peer-left', exit: 0 });
  });

  test('a pipe whose reader has gone gets all of it when another one reads', async () => {
    const path = makePipe();
    const read = constants.O_RDONLY | constants.O_NONBLOCK;
    const reader = openSync(path, read);
    const [one, two] = await startPair({}, { args: ['--log', path] });
    await two.waitFor('connected');
    closeSync(reader);
    one.write('first\n');
    expect((await two.waitFor('error')).message).toMatch(/cannot be written: its reader is gone$/);
    const another = openSync(path, read);
    onTestFinished(() => closeSync(another));
    one.write('second\n');
    await two.waitFor('message', ({ text }) => text === 'second');
    one.endInput();
    expect((await two.ended()).stderr).not.toContain('could not be written to');
    const bytes = Buffer.alloc(1000);
    expect(bytes.toString('utf8', 0, readSync(another, bytes))).toMatch(
      /^\S+ <peer> first\n\S+ <peer> second\n$/,
    );
  });

  test('a disk that was full gets all of it, in order, once, when there is room again', async ({ skip }) => {
    const folder = makeFolder();
    const mount = `mount -t tmpfs -o size=64k tmpfs ${folder} && head -c 50000 /dev/zero > ${folder}/filler`;
    const mounted = ['unshare', '-m', 'sh', '-c', `${mount} && exec "$@"`, 'sh'];
    const tried = spawnSync('unshare', [...mounted.slice(1), 'true'], { encoding: 'utf8' });
    if (tried.status !== 0 && process.env['CI'] === undefined) {
      skip(`no mount of its own: ${tried.stderr}`);
    }
    const [one, two] = await startPair(
      {},
      { args: ['--log', join(folder, 'chat.log')], options: { under: mounted } },
    );
    const said = lines('one')
      .slice(0, 200)
      .map((line) => line.padEnd(200, '.'));
    one.write(`${said.join('\n')}\n`);
    await two.waitFor('message', ({ text }) => text === said.at(-1));
    expect((await two.waitFor('error')).message).toMatch(/cannot be written: the disk is full$/);
    // Only its own namespace sees the mount.
    const seen = join(`/proc/${two.pid}/root`, folder);
    expect(readFileSync(join(seen, 'chat.log'), 'utf8').length).toBeLessThan(20_000);
    rmSync(join(seen, 'filler'));
    one.write('the last\n');
    await two.waitFor('message', ({ text }) => text === 'the last');
    const logged = readFileSync(join(seen, 'chat.log'), 'utf8');
    expect(logged.replaceAll(/^\S+ <peer> /gm, '').split('\n')).toEqual([...said, 'the last', '']);
    one.endInput();
    expect((await two.ended()).stderr).not.toContain('could not be written to');
    expect(two.events.filter(({ event }) => event === 'error')).toHaveLength(1);
  });
});
