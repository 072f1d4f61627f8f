/**
 * The process that owns a lab. It is the first one of a process namespace, with
 * networks and mounts of its own, and does nothing but wait for the end of its
 * standard input: when we close it, or die in whatever way, it ends, and the
 * kernel then kills every other process of the lab and takes back all namespaces
 * and links, which nobody outside ever saw.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { PunchlineError } from '../errors.ts';
import type { Command } from './plan/namespaces.ts';
import { toolPath } from './tools.ts';

/** Where `ip netns add` leaves namespaces; the holder's /run is its own. */
const namespaceFolder = '/run/netns';

/** Bounds one command: they take milliseconds, on a machine under load seconds. */
const COMMAND_TIMEOUT_MS = 30_000;

/** `--kill-child`: the first process inside must not outlive `unshare`, which waits outside. */
const isolation = ['--net', '--mount', '--mount-proc', '--pid', '--fork', '--kill-child'];

const isRoot = process.getuid?.() === 0;

export interface Holder {
  /** The process to enter by; it lives as long as the lab. */
  readonly pid: number;
  /** The command line that runs `argv` in a namespace of the lab, as a process that dies with the lab. */
  enter(namespace: string, argv: readonly string[]): string[];
  /** Runs one of the commands that make or change the lab. Rejects with ERR_NETWORK and its words where it fails. */
  run(command: Command): Promise<void>;
  /** Resolves when the lab is gone, in whatever way it went. */
  readonly ended: Promise<void>;
  /** Ends the lab; resolves when all its processes are gone. */
  close(): Promise<void>;
}

/** Starts a lab without anything in it. Rejects with ERR_PERMISSION where the kernel does not allow it. */
export async function startHolder(): Promise<Holder> {
  const script = `mount -t tmpfs lab /run; mkdir ${namespaceFolder}; ip link set lo up; echo ready; exec cat`;
  const holder = spawn(
    'unshare',
    [...(isRoot ? [] : ['--user', '--map-root-user']), ...isolation, 'sh', '-ec', script],
    // Detached: Ctrl-C in a terminal is for the program that uses the lab, which then closes it.
    { detached: true, env: { ...process.env, PATH: toolPath } },
  );
  const exited = once(holder, 'exit');
  const complaint = text(holder.stderr);
  if (!(await Promise.race([once(holder.stdout, 'data').then(() => true), exited.then(() => false)]))) {
    throw new PunchlineError('ERR_PERMISSION', `The kernel allows no lab here: ${(await complaint).trim()}`, {
      hint: isRoot
        ? 'A container needs to be started with the right to administer networks and mounts (--privileged).'
        : 'Run it as root, or allow network namespaces to everyone: sysctl kernel.apparmor_restrict_unprivileged_userns=0.',
    });
  }
  // A lab that is killed must not end its user with EPIPE.
  holder.stdin.on('error', () => {});
  const { pid = 0 } = holder;

  return {
    pid,
    enter: (namespace, argv) => enter(pid, [`--net=${namespaceFile(pid, namespace)}`], argv),
    run: (command) => run(pid, command),
    ended: exited.then(() => undefined),
    close: async () => {
      holder.stdin.end();
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
    // Not the target's own process namespace: it is the one in which its children are.
    `--pid=/proc/${pid}/ns/pid_for_children`,
    ...namespaces,
    '--',
    ...argv,
  ];
}

async function run(pid: number, { argv, input = '', namespace }: Command): Promise<void> {
  const net = namespace === undefined ? `/proc/${pid}/ns/net` : namespaceFile(pid, namespace);
  const [file = '', ...rest] = enter(pid, [`--mount=/proc/${pid}/ns/mnt`, `--net=${net}`], argv);
  const child = spawn(file, rest, {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, PATH: toolPath },
    timeout: COMMAND_TIMEOUT_MS,
  });
  const exited = once(child, 'exit');
  const complaint = text(child.stderr);
  // A command that fails early does not read its input; its exit says so.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = (await exited) as [number | null];
  if (code === 0) {
    return;
  }
  throw new PunchlineError(
    'ERR_NETWORK',
    `The lab could not be made: ${argv[0]} failed in ${namespace ?? 'the lab'}: ${(await complaint).slice(0, 500).trim()}`,
    { hint: 'The kernel may lack a part (veth, bridge, nf_tables with NAT and conntrack).' },
  );
}
