/** A class on one server: a login each, over ssh. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { openTerminal } from '../../helpers/terminal/terminal.ts';
import { classServerOrSkip, type ClassServer } from '../../helpers/workshop/class-server.ts';

interface Told {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the shell as this user. */
async function runAs(server: ClassServer, user: string, line: string): Promise<Told> {
  const [command, ...args] = server.login(user);
  const child = spawn(command, [...args, line], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

interface ListedLab {
  readonly name: string;
  readonly pid: number;
}

test('learners predict, wait for the teacher, and have labs that nobody else sees or ends', async (context) => {
  using server = await classServerOrSkip(context, ['teacher', 'ada', 'bob']);
  async function as(user: string, ...commands: string[]): Promise<string> {
    const told = await runAs(server, user, commands.join(' && '));
    expect(told).toMatchObject({ code: 0, stderr: '' });
    return told.stdout;
  }
  await as('teacher', 'punchline workshop class /srv/school/class', 'punchline workshop freeze 4');

  // Ada predicts on a terminal, and Bob in a script.
  const join = 'punchline workshop join /srv/school/class';
  const [command, ...args] = server.login('ada', true);
  await using terminal = openTerminal({
    command,
    args: [...args, `${join} && punchline workshop 4 --plain`],
  });
  await terminal.waitFor(/Your prediction:/);
  terminal.write('2\r');
  const bob = await runAs(server, 'bob', `${join} && punchline workshop 4 --predict 1`);
  expect(bob).toMatchObject({ code: 6, stderr: '' });
  await terminal.waitFor(/It goes on with the release/);
  expect(await as('ada', 'punchline lab list --json')).toBe('');
  const spread = await as('teacher', 'punchline workshop board 4', 'punchline workshop release 4');
  expect(spread).toContain('2 of 2 have predicted.');
  expect(spread).not.toContain('right');

  // The release lets both build labs, which have the same name.
  expect(await terminal.exit).toMatchObject({ exitCode: 0 });
  await as('bob', 'punchline workshop 4');
  const [adas, bobs] = await Promise.all(
    ['ada', 'bob'].map(async (user) => JSON.parse(await as(user, 'punchline lab list --json')) as ListedLab),
  );
  expect([adas?.name, bobs?.name]).toEqual(['w4', 'w4']);
  expect(adas?.pid).not.toBe(bobs?.pid);

  // Bob has one lab, and no way into that of Ada.
  const ways = [
    `nsenter --user --preserve-credentials --net -t ${adas?.pid} true`,
    `kill ${adas?.pid}`,
    'ls /tmp/punchline-61002',
    'cat /srv/home/ada/.local/state/punchline/workshop/learner.json',
    'cat /srv/school/class/61002.json',
    'XDG_RUNTIME_DIR=/tmp/punchline-61002 punchline lab down w4 && punchline lab list --json | grep -q .',
  ];
  const tried = ways.map((way) => `( ${way} ) >/dev/null 2>&1; echo $?`).join('; ');
  const { stdout } = await runAs(server, 'bob', tried);
  const refused = stdout
    .trim()
    .split('\n')
    .map((code) => code !== '0');
  expect(refused).toEqual(ways.map(() => true));
  // What he ended was his own.
  expect(await as('bob', 'punchline lab list --json')).toBe('');
  expect(JSON.parse(await as('ada', 'punchline lab list --json'))).toMatchObject({ pid: adas?.pid });

  const board = await as('teacher', 'punchline workshop board');
  expect(board).toMatch(/^ada .*\?….*\nbob .*\?…/m);
  await as('ada', 'punchline workshop end 4');
});
