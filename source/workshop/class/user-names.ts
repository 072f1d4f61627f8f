/** The names of the users of this machine. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { toolPath } from '../../lab/tools.ts';

/** Bounds the wait for a directory service that does not answer. */
const LOOKUP_TIMEOUT_MS = 5000;

/** The names of these users. It has none for a user whom the machine does not know. */
export function userNames(ids: readonly number[]): ReadonlyMap<number, string> {
  if (ids.length === 0) {
    return new Map();
  }
  // Node itself tells only the own name.
  const { stdout } = spawnSync('getent', ['passwd', ...ids.map(String)], {
    encoding: 'utf8',
    env: { ...process.env, PATH: toolPath },
    timeout: LOOKUP_TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return new Map(linesOf(stdout ?? '').map(([name = '', , id]) => [Number(id), name]));
}

/** Others who have this group in the files of this machine. */
export function othersInGroup(group: number, me: number): readonly string[] {
  const users = linesOf(readOrNothing('/etc/passwd'));
  const own = users.find(([, , id]) => Number(id) === me)?.[0];
  const byPrimary = users.filter(([, , id, gid]) => Number(gid) === group && Number(id) !== me);
  const members = linesOf(readOrNothing('/etc/group')).find(([, , gid]) => Number(gid) === group)?.[3] ?? '';
  return [
    ...byPrimary.map(([name = '']) => name),
    ...members.split(',').filter((name) => name !== '' && name !== own),
  ];
}

/** The fields of each line. */
function linesOf(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'));
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
