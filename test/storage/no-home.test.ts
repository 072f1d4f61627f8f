/** Variables for folders that name something else, and users without a home. */
import { describe, expect, test } from 'vitest';
import { needOtherUsers, ada, asUser } from '../helpers/programs/other-users.ts';
import { runHere } from '../helpers/programs/run-here.ts';
import { program, startPunchline } from '../helpers/programs/punchline.ts';
import { spawnSync } from 'node:child_process';
import process from 'node:process';

describe('the progress of the workshop', () => {
  test.each([
    ['/etc/passwd', 'it is not a folder'],
    ['/proc', 'it is not there'],
  ])('has no place in %s, which is told in words', async (value, why) => {
    const { code, stderr } = await runHere(['workshop'], { XDG_STATE_HOME: value });
    expect({ code, stderr }).toEqual({
      code: 8,
      stderr: `punchline: there is no safe place for the progress: ${value}: ${why}\nSet XDG_STATE_HOME to a folder of your own.\n`,
    });
  });

  test('has none in a relative path without a home', async () => {
    const { code, stderr } = await runHere(['workshop'], { HOME: 'nowhere', XDG_STATE_HOME: 'rel/ative' });
    expect(code).toBe(8);
    expect(stderr).toMatch(
      /XDG_STATE_HOME is no absolute path \(.rel\/ative.\), and this user has no home folder/,
    );
  });
});

test('variables that name a file, /proc or a relative path keep nobody from reaching a server', async () => {
  for (const value of ['/dev/null', '/proc', 'rel/ative']) {
    const env = Object.fromEntries(
      ['CACHE_HOME', 'DATA_HOME', 'RUNTIME_DIR', 'STATE_HOME'].map((name) => [`XDG_${name}`, value]),
    );
    const end = await startPunchline(['chat', '--plain', '-s', '127.0.0.1:1'], { env }).ended();
    // Nobody listens there, and that is all that is wrong.
    expect(end).toMatchObject({ code: 3, stderr: expect.not.stringContaining('XDG_') as string });
  }
});

test('a user without HOME and without an account runs commands, and is told that friends have no place', (context) => {
  needOtherUsers(context);
  const { env, words } = asUser(ada);
  function run(...args: string[]) {
    const { status, stderr } = spawnSync(process.execPath, [...words, program, ...args], {
      env,
      encoding: 'utf8',
    });
    return { status, stderr };
  }
  expect(run('help')).toEqual({ status: 0, stderr: '' });
  expect(run('chat', '--plain', '-s', '127.0.0.1:1').status).toBe(3);
  expect(run('doctor', '-s', '127.0.0.1:1').status).toBe(3);
  expect(run('friends')).toEqual({
    status: 8,
    stderr:
      'punchline: there is no place for friends: this user has no home folder\nSet XDG_DATA_HOME to a folder of your own.\n',
  });
});
