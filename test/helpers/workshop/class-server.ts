/**
 * A server for a class: an sshd in namespaces of its own, with a login for each
 * user, and this project. It ends with the test, and when the test is killed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { readLine } from '../../../source/lab/named/lab-messages.ts';
import { isInstalled, toolPath } from '../../../source/lab/tools.ts';
import { isRoot } from '../programs/other-users.ts';
import { skipWithout } from '../skip-without.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const script = fileURLToPath(new URL('class-server.sh', import.meta.url));

/** It asks for nothing, and reads and keeps no file of this user's. */
const sshOptions = [
  '-F',
  '/dev/null',
  ...['BatchMode=yes', 'LogLevel=ERROR', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'].flatMap(
    (option) => ['-o', option],
  ),
];

export interface ClassServer extends Disposable {
  /** The first process of its namespace. All of its processes are below it. */
  readonly pid: number;
  /** The command line that logs a user in, over ssh. The user's command is appended to it. */
  readonly login: (user: string, isTerminal?: boolean) => readonly [command: string, ...args: string[]];
}

/** Starts one, or skips the test where there is no sshd, or no root to start it. */
export async function classServerOrSkip(
  context: TestContext,
  users: readonly string[],
): Promise<ClassServer> {
  if (!isRoot) {
    return skipWithout(context, 'only root can start an sshd with users of its own');
  }
  for (const [tool, packages] of [
    ['sshd', 'openssh-server'],
    ['ssh', 'openssh-client'],
    ['ip', 'iproute2'],
  ] as const) {
    if (!isInstalled(tool, toolPath)) {
      return skipWithout(context, `${tool} is not installed: ${packages}`);
    }
  }
  return openClassServer(users);
}

/** Root starts one. The first of the users has `/srv/school`. */
export async function openClassServer(users: readonly string[]): Promise<ClassServer> {
  const keys = mkdtempSync(join(tmpdir(), 'punchline-keys-'));
  for (const name of ['host', 'id']) {
    const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(keys, name)]);
    if (made.status !== 0) {
      throw new Error(`ssh-keygen: ${made.stderr.toString()}`);
    }
  }
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const server = spawn('unshare', [...namespaces, 'sh', script, keys, project, ...users], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PATH: toolPath },
  });
  const ended = once(server, 'exit');
  if ((await readLine(server.stdout)) !== 'ready') {
    const [code] = (await ended) as [number | null];
    rmSync(keys, { recursive: true, force: true });
    throw new Error(`the class server did not come up: exit code ${String(code)}`);
  }
  const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
  const [inside = ''] = children.trim().split(' ');
  return {
    pid: Number(inside),
    login: (user, isTerminal = false) => [
      'nsenter',
      `--net=/proc/${inside}/ns/net`,
      'ssh',
      ...(isTerminal ? ['-tt'] : []),
      ...sshOptions,
      '-i',
      join(keys, 'id'),
      `${user}@127.0.0.1`,
    ],
    [Symbol.dispose]() {
      server.stdin.end();
      rmSync(keys, { recursive: true, force: true });
    },
  };
}
