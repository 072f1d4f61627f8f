/** What `punchline friends` and its commands say and do. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FriendBook } from '../../../../source/friends/friend-book.ts';
import { aFriend } from '../../../helpers/friends/a-friend.ts';
import { program } from '../../../helpers/programs/punchline.ts';
import { runHere, type End } from '../../../helpers/programs/run-here.ts';
import { openTerminal } from '../../../helpers/terminal/terminal.ts';

const noTerminal = 'punchline: there is no terminal to ask';

/** A user with friends of these names. */
async function aUser(...names: readonly string[]) {
  const home = mkdtempSync(join(tmpdir(), 'punchline-friends-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const data = join(home, 'data');
  const folder = join(data, 'punchline', 'friends');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const book = new FriendBook(folder);
  for (const [number, name] of names.entries()) {
    await book.add(
      { ...aFriend(number), keptAt: Date.UTC(2026, 0, 2, 12), metAt: Date.UTC(2026, 1, 3, 12) },
      name,
    );
  }
  function friends(...words: readonly string[]): Promise<End> {
    return runHere(['friends', ...words], { XDG_DATA_HOME: data, TZ: 'UTC' });
  }
  async function leaveMessages(name: string, count: number) {
    const waiting = join(folder, (await book.find(name))?.id ?? '', 'waiting');
    mkdirSync(waiting);
    for (let n = 0; n < count; n += 1) {
      writeFileSync(join(waiting, `${n}-${'0'.repeat(32)}`), '');
    }
  }
  return {
    home,
    folder,
    book,
    friends,
    withPassword: (password: string, ...words: readonly string[]): Promise<End> =>
      runHere(['friends', ...words], { XDG_DATA_HOME: data, PUNCHLINE_PASSWORD: password }),
    onTerminal: (...words: readonly string[]) =>
      openTerminal({
        command: process.execPath,
        args: [program, 'friends', ...words],
        env: { XDG_DATA_HOME: data },
      }),
    names: async () => (await book.list()).friends.map(({ name }) => name),
    leaveMessages,
  };
}

describe('the list', () => {
  test('is empty at first, and says how to begin', async () => {
    const { friends } = await aUser();
    const text = 'No friends yet. In a chat, /friend keeps the peer: see punchline help friends.\n';
    expect(await friends()).toEqual({ code: 0, stdout: text, stderr: '' });
    expect(await friends('--json')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('shows each friend in a row', async () => {
    const { book, friends, leaveMessages } = await aUser('grace', 'ada');
    await leaveMessages('grace', 2);
    await book.update((await book.find('ada'))?.id ?? '', { places: undefined });
    expect(await friends('list')).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'NAME   MEETS AT               SINCE       LAST MET          WAITING',
        'ada    a place that you name  2026-01-02  2026-02-03 12:00',
        'grace  wss://example.org/v1   2026-01-02  2026-02-03 12:00  2 messages',
        '',
      ].join('\n'),
    });
  });

  test('is JSON lines for a script, without a secret', async () => {
    const { book, friends } = await aUser('ada');
    const { stdout } = await friends('--json');
    const ada = await book.find('ada');
    expect(JSON.parse(stdout)).toEqual({
      v: 1,
      id: ada?.id,
      name: 'ada',
      places: 'wss://example.org/v1',
      keptAt: Date.UTC(2026, 0, 2, 12),
      metAt: Date.UTC(2026, 1, 3, 12),
      waiting: 0,
    });
    expect(stdout).not.toContain(Buffer.from(aFriend(0).secret).toString('base64url'));
  });

  test('goes on without a damaged one, which is told', async () => {
    const { book, folder, friends } = await aUser('ada', 'grace');
    writeFileSync(join(folder, (await book.find('ada'))?.id ?? '', 'friend.json'), '{');
    const { code, stderr, stdout } = await friends('--json');
    expect({ code, lines: stdout.trim().split('\n').length }).toEqual({ code: 0, lines: 1 });
    expect(stderr).toMatch(
      /^punchline: the friend in .* cannot be read: it is not JSON; it is kept as friend\.json\.damaged\n$/,
    );
  });
});

describe('rename', () => {
  test('gives a friend another name', async () => {
    const { friends, names } = await aUser('peer');
    expect(await friends('rename', 'Peer', 'Ada')).toEqual({
      code: 0,
      stdout: 'peer is Ada now.\n',
      stderr: '',
    });
    expect(await names()).toEqual(['Ada']);
  });

  test.each([
    [['peter', 'x'], "there is no friend 'peter'\nDid you mean peer?"],
    [
      ['peer', 'serve'],
      "a friend cannot be called 'serve': it is a command\nChoose another name, for example serve-2.",
    ],
    [['peer', '7-velvet-orbit'], 'what was typed is no name for a friend\nA name has 1 to 40 letters'],
    [['peer', 'ADA'], 'there is a friend ada already\nChoose another name'],
    [['peer'], 'NEW is missing\nSee punchline friends rename --help'],
  ])('refuses %j', async (words, told) => {
    const { friends, names } = await aUser('peer', 'ada');
    expect(await friends('rename', ...words)).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(`punchline: ${told}`) as string,
    });
    expect(await names()).toEqual(['ada', 'peer']);
  });
});

describe('remove', () => {
  test('takes what waits along, and says so', async () => {
    const { folder, friends, leaveMessages } = await aUser('ada');
    await leaveMessages('ada', 1);
    expect(await friends('remove', 'ada', '--yes')).toEqual({
      code: 0,
      stdout: 'ada is removed, and so is 1 message that the friend does not have yet.\n',
      stderr: '',
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('needs an answer, or --yes', async () => {
    const { friends, names } = await aUser('ada');
    expect(await friends('remove', 'ada')).toMatchObject({
      code: 2,
      stderr: `${noTerminal} in\nRemove it without a question: punchline friends remove ada --yes\n`,
    });
    expect(await names()).toEqual(['ada']);
  });

  test.each([
    ['n', 'ada stays.', 0, ['ada']],
    ['', 'ada stays.', 0, ['ada']],
    ['Yes', 'ada is removed, and so is 2 messages', 0, []],
    ['\u0003', '[y/N]', 130, ['ada']],
    ['\u0004', '[y/N]', 130, ['ada']],
  ])('asks on a terminal: %j', async (keys, told, exitCode, left) => {
    const { leaveMessages, names, onTerminal } = await aUser('ada');
    await leaveMessages('ada', 2);
    await using terminal = onTerminal('remove', 'ada');
    await terminal.waitFor(/Remove ada\? With it goes what waits: 2 messages that the friend does not/);
    terminal.write(keys < ' ' && keys !== '' ? keys : `${keys}\r`);
    expect(await terminal.exit).toMatchObject({ exitCode });
    expect(terminal.text()).toContain(told);
    expect(await names()).toEqual(left);
  });

  test('refuses a friend that is in use: exit 4', async () => {
    const { book, friends, names } = await aUser('ada');
    const held = await book.hold((await book.find('ada'))!);
    expect(await friends('remove', 'ada', '--yes')).toEqual({
      code: 4,
      stdout: '',
      stderr: `punchline: ada is in use by another process (pid ${process.pid})\nType /unfriend there, or end it first.\n`,
    });
    held.release();
    expect(await names()).toEqual(['ada']);
  });

  test('refuses a name that no friend has', async () => {
    const { friends } = await aUser();
    expect(await friends('remove', 'ada', '--yes')).toMatchObject({
      code: 2,
      stderr: "punchline: there is no friend 'ada'\nThere are none yet: in a chat, /friend keeps the peer.\n",
    });
  });
});

describe('export and import', () => {
  test('carry friends to another machine, where those that are there stay', async () => {
    const [one, other] = [await aUser('ada', 'grace', 'zoe'), await aUser('grace')];
    // The grace of the other is the ada of the one.
    const file = join(one.home, 'friends.json');
    expect(await one.withPassword('secret', 'export', file)).toEqual({
      code: 0,
      stdout: `3 friends are in ${file}, sealed. Whoever has the password can be you to them.\n`,
      stderr: '',
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await other.withPassword('secret', 'import', file)).toEqual({
      code: 0,
      stdout: [
        'grace is there already, and stays as it is.\n',
        'grace is imported as grace-2: another friend has that name.\n',
        'zoe is imported.\n',
      ].join(''),
      stderr: '',
    });
    expect(await other.names()).toEqual(['grace', 'grace-2', 'zoe']);
    expect(await other.withPassword('wrong', 'import', file)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the export was sealed with another password') as string,
    });
  });

  test('never write over a file', async () => {
    const { home, withPassword } = await aUser('ada');
    const file = join(home, 'friends.json');
    writeFileSync(file, 'mine');
    expect(await withPassword('secret', 'export', file)).toMatchObject({
      code: 8,
      stderr: `punchline: ${file} cannot be written: its name is taken already\nName a new file in a folder of your own.\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await withPassword('secret', 'export', join(home, 'none', 'x'))).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('cannot be written: it is not there') as string,
    });
  });

  test.each([
    ['nowhere', 8, 'cannot be read: it is not there'],
    ['.', 8, 'cannot be read: it is no file'],
    ['/dev/zero', 8, 'cannot be read: it is no file'],
    ['package.json', 8, 'the export cannot be opened: it is no export of friends'],
  ])('import no %s', async (file, code, told) => {
    const { withPassword } = await aUser();
    const { stderr, ...end } = await withPassword('secret', 'import', file);
    expect(end).toEqual({ code, stdout: '' });
    expect(stderr).toContain(told);
  });

  test('have nothing to export without friends, and ask for a password', async () => {
    expect(await (await aUser()).friends('export', 'x')).toMatchObject({
      code: 2,
      stderr: 'punchline: there are no friends to export\nIn a chat, /friend keeps the peer.\n',
    });
    expect(await (await aUser('ada')).friends('export', '/nowhere/x')).toMatchObject({
      code: 2,
      stderr: `${noTerminal} for a password in\nPut it into PUNCHLINE_PASSWORD.\n`,
    });
  });

  test('take a password on a terminal, twice if it is new, and never show it', async () => {
    const { book, home, names, onTerminal } = await aUser('ada');
    const file = join(home, 'friends.json');
    {
      await using terminal = onTerminal('export', file);
      await terminal.waitFor(/A password for the file: /);
      terminal.write('opensesame\r');
      await terminal.waitFor(/The same again: /);
      terminal.write('opensesane\r');
      await terminal.waitFor(/They are not the same\.\s+A password for the file: /);
      // The wrong key is erased again.
      terminal.write('opensesamf\u007Fe\r');
      await terminal.waitFor(/not the same\.[^]*The same again: /);
      terminal.write('opensesame\r');
      expect(await terminal.exit).toMatchObject({ exitCode: 0 });
      expect(terminal.text()).toContain('1 friend is in');
      expect(terminal.text()).not.toContain('opens');
    }
    await book.remove('ada');
    await using terminal = onTerminal('import', file);
    await terminal.waitFor(/The password of the file: /);
    terminal.write('opensesame\r');
    expect(await terminal.exit).toMatchObject({ exitCode: 0 });
    expect(terminal.text()).toContain('ada is imported.');
    expect(await names()).toEqual(['ada']);
  });

  test('end with exit 130 if the user leaves instead of a password', async () => {
    const { home, onTerminal } = await aUser('ada');
    const file = join(home, 'friends.json');
    await using terminal = onTerminal('export', file);
    await terminal.waitFor(/A password for the file: /);
    terminal.write('abc\u0003');
    expect(await terminal.exit).toMatchObject({ exitCode: 130 });
    expect(readdirSync(home)).toEqual(['data']);
  });
});

test.each([
  [['renam', 'a', 'b'], '\'renam\' is not a command of friends\nDid you mean "punchline friends rename"?'],
  [['frobnicate'], "'frobnicate' is not a command of friends\nThey are list, rename, remove, export, import"],
  [['--jsn'], "there is no option '--jsn'\nDid you mean --json? All options: punchline friends list --help"],
])('friends %j is refused', async (words, told) => {
  const { friends } = await aUser();
  expect(await friends(...words)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(told) as string,
  });
});

test('without a safe place, it is said why, and what to do: exit 8', async () => {
  const { home } = await aUser();
  expect(await runHere(['friends'], { HOME: 'nowhere', XDG_DATA_HOME: '' })).toMatchObject({
    code: 8,
    stderr:
      'punchline: there is no place for friends: this user has no home folder\nSet XDG_DATA_HOME to a folder of your own.\n',
  });
  writeFileSync(join(home, 'file'), '');
  expect(await runHere(['friends'], { XDG_DATA_HOME: join(home, 'file') })).toMatchObject({
    code: 8,
    stderr: expect.stringMatching(/cannot be read: it is not a folder\nSee that you can/) as string,
  });
});
