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
  function as(user: string, line: string): Promise<Told> {
    return runAs(server, user, line);
  }
  expect(await as('teacher', 'punchline workshop class /srv/school/class')).toMatchObject({
    code: 0,
    stderr: '',
  });
  await Promise.all(
    ['ada', 'bob'].map(async (user) => {
      expect(await as(user, 'punchline workshop join /srv/school/class')).toMatchObject({
        code: 0,
        stderr: '',
      });
    }),
  );
  await as('teacher', 'punchline workshop freeze 4');

  // Ada predicts on a terminal, and Bob in a script.
  const [command, ...args] = server.login('ada', true);
  await using terminal = openTerminal({ command, args: [...args, 'punchline workshop 4 --plain'] });
  await terminal.waitFor(/Your prediction:/);
  terminal.write('2\r');
  expect(await as('bob', 'punchline workshop 4 --predict 1')).toMatchObject({ code: 6, stderr: '' });
  await terminal.waitFor(/It goes on with the release/);
  const spread = (await as('teacher', 'punchline workshop board 4')).stdout;
  expect(spread).toContain('2 of 2 have predicted.');
  expect(spread).not.toContain('right');
  expect(await as('ada', 'punchline lab list --json')).toMatchObject({ code: 0, stdout: '' });

  // The release lets both build labs, which have the same name.
  await as('teacher', 'punchline workshop release 4');
  expect(await terminal.exit).toMatchObject({ exitCode: 0 });
  expect(await as('bob', 'punchline workshop 4')).toMatchObject({ code: 0, stderr: '' });
  const [adas, bobs] = await Promise.all(
    ['ada', 'bob'].map(
      async (user) => JSON.parse((await as(user, 'punchline lab list --json')).stdout) as ListedLab,
    ),
  );
  expect([adas?.name, bobs?.name]).toEqual(['w4', 'w4']);
  expect(adas?.pid).not.toBe(bobs?.pid);

  // Bob has one lab, and no way into that of Ada.
  for (const way of [
    `nsenter --user --preserve-credentials --net -t ${adas?.pid} true`,
    `kill ${adas?.pid}`,
    'ls /tmp/punchline-61002',
    'cat /srv/home/ada/.local/state/punchline/workshop/learner.json',
    'cat /srv/school/class/61002.json',
    'XDG_RUNTIME_DIR=/tmp/punchline-61002 punchline lab down w4 && punchline lab list --json | grep -q .',
  ]) {
    expect({ way, isRefused: (await as('bob', way)).code !== 0 }).toEqual({ way, isRefused: true });
  }
  expect(await as('bob', 'punchline lab list --json')).toMatchObject({ code: 0, stdout: '' });
  expect(JSON.parse((await as('ada', 'punchline lab list --json')).stdout)).toMatchObject({ pid: adas?.pid });

  const board = (await as('teacher', 'punchline workshop board')).stdout;
  expect(board).toMatch(/^ada .*\?….*\nbob .*\?…/m);
  expect(await as('ada', 'punchline workshop end 4')).toMatchObject({ code: 0 });
});
