/** A class with a teacher and learners, each a user of the machine. Root plays them all. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { ada, asUser, needOtherUsers, stranger } from '../../../helpers/programs/other-users.ts';
import { program, startPunchline, type Exit } from '../../../helpers/programs/punchline.ts';
import { openTerminal } from '../../../helpers/terminal/terminal.ts';

const teacher = 54_320;

beforeEach(needOtherUsers);

/** A school: each user has a home, and the teacher a folder that all can reach. */
function school() {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-school-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  for (const user of [teacher, ada, stranger]) {
    mkdirSync(join(folder, String(user)), { mode: 0o700 });
    chownSync(join(folder, String(user)), user, user);
  }
  const desk = join(folder, 'desk');
  mkdirSync(desk, { mode: 0o755 });
  chownSync(desk, teacher, teacher);
  function as(user: number) {
    const { env, words } = asUser(user);
    return {
      words,
      env: {
        ...env,
        HOME: join(folder, String(user)),
        XDG_STATE_HOME: join(folder, String(user), 'state'),
        XDG_CONFIG_HOME: join(folder, String(user), 'config'),
        XDG_CACHE_HOME: join(folder, String(user), 'cache'),
      },
    };
  }
  return {
    folder,
    room: join(desk, 'class'),
    as,
    workshop: (user: number, ...args: string[]): Promise<Exit> => {
      const { env, words } = as(user);
      return startPunchline(['workshop', ...args], {
        env: { ...env, NODE_OPTIONS: words.join(' ') },
        input: '',
      }).ended();
    },
  };
}

/** A school whose class `members` have joined. */
async function joined(...members: readonly number[]) {
  const made = school();
  expect(await made.workshop(teacher, 'class', made.room)).toMatchObject({ code: 0, stderr: '' });
  for (const member of members) {
    expect(await made.workshop(member, 'join', made.room)).toMatchObject({ code: 0, stderr: '' });
  }
  return made;
}

test('the teacher sees what each learner has reached, and learners see nothing of each other', async () => {
  const { room, workshop } = await joined(ada, stranger);
  await workshop(ada, 'hint', '4');
  const board = await workshop(teacher, 'board', '--json');
  expect(board).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(board.stdout)).toMatchObject({ learner: String(ada), number: 4, hints: 1 });
  expect((await workshop(teacher, 'board')).stdout).toMatch(/^54321 .*\n54322 /m);
  const { mode } = lstatSync(room);
  expect(mode & 0o7777).toBe(0o3733);
  const file = lstatSync(join(room, `${ada}.json`));
  expect({ uid: file.uid, gid: file.gid, mode: file.mode & 0o777 }).toEqual({
    uid: ada,
    gid: teacher,
    mode: 0o640,
  });
  for (const look of [`cat ${room}/${ada}.json`, `ls ${room}`, `rm -f ${room}/${ada}.json`]) {
    const { env, words } = { env: { AS_USER: String(stranger) }, words: asUser(stranger).words };
    const script = `process.exitCode = require('node:child_process').spawnSync('sh', ['-c', ${JSON.stringify(look)}]).status`;
    const { status } = spawnSync(process.execPath, [...words, '-e', script], {
      env: { ...process.env, ...env },
    });
    expect({ look, isRefused: status !== 0 }).toEqual({ look, isRefused: true });
  }
});

test('a frozen exercise takes a prediction, shows nothing, and is told to the teacher', async () => {
  const { workshop } = await joined(ada, stranger);
  expect((await workshop(teacher, 'freeze', '4', '2')).stdout).toContain('Frozen: 2, 4.');
  const held = await workshop(ada, '4', '--predict', '3');
  expect(held).toMatchObject({ code: 6, stderr: '' });
  expect(held.stdout).toContain('Your teacher has frozen exercise 4.');
  expect(JSON.parse((await workshop(ada, '4', '--json')).stdout)).toEqual({
    v: 1,
    event: 'frozen',
    number: 4,
    id: 'simultaneous-open',
    prediction: '3',
  });
  for (const words of [
    ['verdict', '4'],
    ['hint', '4'],
    ['solution', '4', '--yes'],
    ['rehearse', '4'],
    ['print', '--instructor'],
  ]) {
    const { code, stderr, stdout } = await workshop(ada, ...words);
    expect({ words, code, stdout }).toEqual({ words, code: 2, stdout: '' });
    expect(stderr).toContain('your teacher has frozen exercise');
  }
  const spread = (await workshop(teacher, 'board', '4')).stdout;
  expect(spread).toContain('  3  ██████████████████████████████ 1\n');
  expect(spread).toContain('1 of 2 have predicted. Not yet: 54322');
  expect((await workshop(teacher, 'release', '4')).stdout).toBe('Still frozen: 2\n');
  expect(await workshop(ada, 'hint', '4')).toMatchObject({ code: 0 });
  expect((await workshop(teacher, 'release')).stdout).toBe('No exercise is frozen.\n');
});

test('a learner on a terminal goes on when the teacher releases the exercise', async () => {
  const { as, workshop } = await joined(ada);
  await workshop(teacher, 'freeze');
  const { env, words } = as(ada);
  await using terminal = openTerminal({
    command: process.execPath,
    // Without the tools of a lab it ends behind the release, and the test needs none.
    args: [...words, program, 'workshop', '4', '--plain'],
    env: { ...env, PATH: '/nowhere' },
  });
  await terminal.waitFor(/Your prediction:/);
  terminal.write('2\r');
  await terminal.waitFor(/It goes on with the release/);
  await workshop(teacher, 'release', '4');
  expect(await terminal.exit).toMatchObject({ exitCode: 8 });
});

test('a file counts only if its owner is the user of its name, and nothing that lies there stops the board', async () => {
  const { room, workshop } = await joined(ada);
  const text = readFileSync(join(room, `${ada}.json`), 'utf8');
  function put(name: string, owner: number, content: string): void {
    writeFileSync(join(room, name), content);
    chownSync(join(room, name), owner, teacher);
    chmodSync(join(room, name), 0o640);
  }
  put('54330.json', stranger, text);
  put('54331.json', 54_331, 'no json');
  put('54332.json', 54_332, JSON.stringify({ v: 1 }));
  put('54333.json', 54_333, `{"v":1,"x":"${'x'.repeat(600_000)}"}`);
  put('someone.json', stranger, text);
  symlinkSync(join(room, `${ada}.json`), join(room, '54334.json'));
  expect(spawnSync('mkfifo', ['-m', '0666', join(room, '54335.json')]).status).toBe(0);
  const { code, stdout } = await workshop(teacher, 'board');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^54321 /m);
  expect(stdout).not.toMatch(/^5433\d /m);
  expect(stdout.split('\n').filter((line) => line.startsWith('Not read: '))).toEqual([
    'Not read: 54330.json, user 54322 has written it',
    'Not read: 54331.json, it is not JSON',
    expect.stringContaining('Not read: 54332.json, ') as string,
    'Not read: 54333.json, it has more than 524288 bytes',
    'Not read: 54334.json, it is a link',
    'Not read: 54335.json, it is no file',
  ]);
});

test('a class that is gone, or is somebody else’s now, is told, and can be left', async () => {
  const { room, workshop } = await joined(ada);
  rmSync(room, { recursive: true });
  const gone = await workshop(ada, 'hint', '4');
  expect(gone).toMatchObject({ code: 8 });
  expect(gone.stderr).toContain('it is not there');
  expect(gone.stderr).toContain('punchline workshop leave');
  mkdirSync(room);
  chownSync(room, stranger, stranger);
  chmodSync(room, 0o3733);
  expect((await workshop(ada, 'hint', '4')).stderr).toContain('another user has made it anew');
  expect(await workshop(ada, 'leave')).toMatchObject({ code: 0 });
  expect(await workshop(ada, 'hint', '4')).toMatchObject({ code: 0, stderr: '' });
});

test('who leaves takes back what was shared', async () => {
  const { room, workshop } = await joined(ada, stranger);
  await workshop(ada, 'leave');
  expect(readdirSync(room).toSorted()).toEqual(['54322.json', 'class.json']);
  expect((await workshop(ada, 'leave')).stdout).toBe('You were in no class.\n');
});

test('a class that is not remembered any more can be left', async () => {
  const { folder, workshop } = await joined(ada);
  const own = join(folder, String(ada), 'state', 'punchline', 'workshop', 'class.json');
  writeFileSync(own, 'no json');
  const { code, stderr } = await workshop(ada, 'hint', '4');
  expect({ code, stderr }).toEqual({ code: 8, stderr: expect.stringContaining(own) as string });
  expect(await workshop(ada, 'leave')).toMatchObject({ code: 0 });
  expect(await workshop(ada, 'hint', '4')).toMatchObject({ code: 0, stderr: '' });
});

test('whoever goes to another class leaves the first', async () => {
  const { folder, room, workshop } = await joined(ada);
  const other = join(folder, 'desk', 'other');
  await workshop(teacher, 'class', other);
  expect(await workshop(ada, 'join', other)).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(room)).toEqual(['class.json']);
  expect(readdirSync(other).toSorted()).toEqual([`${ada}.json`, 'class.json']);
});

test('the class can be made again, and keeps what is in it', async () => {
  const { room, workshop } = await joined(ada);
  await workshop(teacher, 'freeze', '3');
  expect(await workshop(teacher, 'class', room)).toMatchObject({ code: 0, stderr: '' });
  expect((await workshop(teacher, 'board')).stdout).toContain('Frozen: 3');
});

test.each([
  ['board', 'you have no class'],
  ['freeze', 'you have no class'],
])('without a class, %s is refused', async (command, told) => {
  const { workshop } = school();
  expect(await workshop(ada, command)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(told) as string,
  });
});

test('only the teacher has a board, and nobody joins the own class, or a folder that is none', async () => {
  const { folder, room, workshop } = await joined(ada);
  expect((await workshop(ada, 'board')).stderr).toContain('only its teacher can do that');
  expect((await workshop(teacher, 'join', room)).stderr).toContain('is yours');
  expect((await workshop(stranger, 'join', folder)).stderr).toContain('it is not the folder of a class');
  expect((await workshop(stranger, 'join', join(folder, 'nowhere'))).stderr).toContain('it is not there');
});

test.each([
  [
    'a home that learners cannot enter',
    (folder: string) => join(folder, String(teacher), 'class'),
    'learners cannot get through',
  ],
  ['a folder of others', () => join(tmpdir(), 'punchline-none', 'class'), 'it is not there'],
  ['the name of another folder', (folder: string) => join(folder, 'desk'), 'its name is taken already'],
])('no class is made in %s', async (_, place, told) => {
  const { folder, workshop } = school();
  const { code, stderr } = await workshop(teacher, 'class', place(folder));
  expect({ code, stderr }).toEqual({ code: 8, stderr: expect.stringContaining(told) as string });
});
