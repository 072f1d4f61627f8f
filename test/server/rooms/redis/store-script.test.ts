import { spawnSync } from 'node:child_process';
import { expect, test, type TestContext } from 'vitest';
import { roomRefusals } from '../../../../source/server/rooms/room-refusals.ts';
import { scriptParts, storeScript } from '../../../../source/server/rooms/redis/store-script.ts';
import { skipWithout } from '../../../helpers/skip-without.ts';

/** The file and the line of a part in which a line of the script stands; both count from 1. */
function placeOf(line: number): string {
  let before = 0;
  for (const { name, text } of scriptParts) {
    // One empty line stands before each part.
    before += 1;
    const lines = text.split('\n').length - 1;
    if (line - before <= lines) {
      return `${name}:${line - before}`;
    }
    before += lines;
  }
  return `after the script:${line - before}`;
}

/** The file and the line of a text in a part. */
function lineOf(part: string, text: string) {
  const lines = scriptParts.find(({ name }) => name === part)?.text.split('\n') ?? [];
  return `${part}:${lines.indexOf(text) + 1}`;
}

/** The warnings of luacheck. It reads the whole script: a part uses the functions of those before it. */
function warningsOf(context: TestContext, script: string): readonly string[] {
  const { error, stdout, stderr } = spawnSync(
    'luacheck',
    ['--config', '.config/luacheck.lua', '--formatter', 'plain', '-'],
    { input: script, encoding: 'utf8' },
  );
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    return skipWithout(context, 'luacheck is not installed (Debian package lua-check)');
  }
  expect({ error, stderr }).toEqual({ error: undefined, stderr: '' });
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^stdin:(\d+):\d+/, (_, at) => placeOf(Number(at))));
}

test('luacheck has no warning for the script of the store', (context) => {
  expect(warningsOf(context, storeScript)).toEqual([]);
});

test('an undefined name, a global and an unused value are found, each in its file', (context) => {
  const broken = storeScript
    .replace('local load\n', 'local load limits = nobody\n')
    .replace('local requests = {\n', 'local unused = 1 local requests = {\n');
  const [numbers, requests] = [
    lineOf('numbers.lua', 'local load'),
    lineOf('requests.lua', 'local requests = {'),
  ];
  expect(warningsOf(context, broken)).toEqual([
    `${numbers}: setting non-standard global variable 'limits'`,
    `${numbers}: accessing undefined variable 'nobody'`,
    `${requests}: unused variable 'unused'`,
  ]);
});

test('the script takes each refusal from the table, and uses all of them', () => {
  const named = [...storeScript.matchAll(/refusals\.(\w+)/g)].map(([, why]) => why);
  expect(new Set(named)).toEqual(new Set(Object.keys(roomRefusals)));
  const lua = scriptParts.filter(({ name }) => name.endsWith('.lua')).map(({ text }) => text);
  expect(lua.join('').match(/ERR_\w+/g)).toBeNull();
});
