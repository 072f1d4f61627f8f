/**
 * The process that owns a lab. It is the first one of a process namespace, has
 * networks and mounts of its own, and only waits for the end of its standard
 * input. It ends when we close that input or die for any reason. Then the kernel
 * kills every other process of the lab and removes all namespaces and links.
 * Nobody outside ever sees them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { PunchlineError } from '../errors.ts';
import type { Command } from './plan/namespaces.ts';
import { scriptOf } from './plan/script.ts';
import { toolPath } from './tools.ts';

/** `ip netns add` puts namespaces here. The owner has a /run of its own. */
const namespaceFolder = '/run/netns';

/** Bounds one command. It takes milliseconds, or seconds on a machine under load. */
const COMMAND_TIMEOUT_MS = 30_000;

/** `--kill-child`, because the first process inside must not outlive `unshare`, which waits outside. */
const isolation = ['--net', '--mount', '--mount-proc', '--pid', '--fork', '--kill-child'];

const isRoot = process.getuid?.() === 0;

export interface NamespaceOwner {
  /** The process whose namespaces are the lab's; it lives as long as the lab. */
  readonly pid: number;
  /** The command line that runs `argv` in a namespace of the lab, as a process that dies with the lab. */
  enter(namespace: string, argv: readonly string[]): string[];
  /** Runs commands that make or change the lab, one after the other. If one fails, rejects with ERR_NETWORK and its stderr. */
  run(commands: readonly Command[]): Promise<void>;
  /** Resolves when the lab has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Ends the lab; resolves when all its processes are gone. */
  close(): Promise<void>;
}

/** Starts an empty lab. Rejects with ERR_PERMISSION if the kernel does not allow one. */
export async function startNamespaceOwner(): Promise<NamespaceOwner> {
  const script = `mount -t tmpfs lab /run; mkdir ${namespaceFolder}; ip link set lo up; echo ready; exec cat`;
  const owner = spawn(
    'unshare',
    [...(isRoot ? [] : ['--user', '--map-root-user']), ...isolation, 'sh', '-ec', script],
    // Detached, because Ctrl-C in a terminal must reach only the program that uses the lab, which then closes it.
    { detached: true, env: { ...process.env, PATH: toolPath } },
  );
  const exited = once(owner, 'exit');
  const complaint = text(owner.stderr);
  if (!(await Promise.race([once(owner.stdout, 'data').then(() => true), exited.then(() => false)]))) {
    throw new PunchlineError('ERR_PERMISSION', `The kernel allows no lab here: ${(await complaint).trim()}`, {
      hint: isRoot
        ? 'A container needs to be started with the right to administer networks and mounts (--privileged).'
        : 'Run it as root, or allow network namespaces to everyone: sysctl kernel.apparmor_restrict_unprivileged_userns=0.',
    });
  }
  // If the lab is killed, EPIPE must not end the program that uses it.
  owner.stdin.on('error', () => {});
  const { pid = 0 } = owner;

  return {
    pid,
    enter: (namespace, argv) => enter(pid, [`--net=${namespaceFile(pid, namespace)}`], argv),
    run: (commands) => run(pid, commands),
    ended: exited.then(() => undefined),
    close: async () => {
      owner.stdin.end();
      await exited;
    },
  };
}

function namespaceFile(pid: number, namespace: string): string {
  return `/proc/${pid}/root${namespaceFolder}/${namespace}`;
}

function enter(pid: number, namespaces: readonly string[], argv: readonly string[]): string[] {
  return [
    'nsenter',
    ...(isRoot ? [] : [`--user=/proc/${pid}/ns/user`, '--preserve-credentials']),
    // `pid` is that of `unshare`, which stays outside the process namespace. Its children are inside.
    `--pid=/proc/${pid}/ns/pid_for_children`,
    ...namespaces,
    '--',
    ...argv,
  ];
}

async function run(pid: number, commands: readonly Command[]): Promise<void> {
  const words = enter(pid, [`--mount=/proc/${pid}/ns/mnt`, `--net=/proc/${pid}/ns/net`], ['sh', '-s']);
  const [file = '', ...rest] = words;
  const child = spawn(file, rest, {
    stdio: 'pipe',
    env: { ...process.env, PATH: toolPath },
    timeout: commands.length * COMMAND_TIMEOUT_MS,
  });
  const exited = once(child, 'exit');
  const told = Promise.all([text(child.stdout), text(child.stderr)]);
  // If it ends before it has read its input, its exit code tells so.
  child.stdin.on('error', () => {});
  child.stdin.end(scriptOf(commands, { folder: namespaceFolder, complaint: '/run/complaint' }));
  const [code] = (await exited) as [number | null];
  if (code === 0) {
    return;
  }
  const [failure, otherwise] = await told;
  const [index = '', ...complaint] = failure.split('\n');
  const failed = commands[index === '' ? -1 : Number(index)];
  const what = failed === undefined ? 'sh' : failed.argv[0];
  throw new PunchlineError(
    'ERR_NETWORK',
    `The lab could not be made: ${what} failed in ${failed?.namespace ?? 'the lab'}: ${[...complaint, otherwise].join('\n').slice(0, 500).trim()}`,
    { hint: 'The kernel may lack a part (veth, bridge, nf_tables with NAT and conntrack).' },
  );
}
