/** Runs programs inside the hosts and routers of a lab. */
import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { NamespaceOwner } from './namespace-owner.ts';
import { toolPath } from './tools.ts';

/** Bounds how late we continue an nsenter whose program goes on after a stop. */
const LOOK_EVERY_MS = 500;

/** How a program ended. One of the two is null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that runs inside a host. It dies with the lab. */
export interface HostProcess {
  readonly stdin: ChildProcessWithoutNullStreams['stdin'];
  readonly stdout: ChildProcessWithoutNullStreams['stdout'];
  readonly stderr: ChildProcessWithoutNullStreams['stderr'];
  readonly exited: Promise<Exit>;
  /** Sends a signal to the program. Returns whether the program was still there. */
  kill(signal: NodeJS.Signals): boolean;
}

export interface HostProcessOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Host {
  readonly name: string;
  /** A host's own addresses, IPv4 first; a router's external address. */
  readonly addresses: readonly string[];
  /** The command line that runs a program in this host, for a terminal or another program to start. */
  command(argv: readonly string[]): string[];
  spawn(argv: readonly string[], options?: HostProcessOptions): HostProcess;
  /** Runs a program to its end, or kills it after that time. */
  exec(
    argv: readonly string[],
    input?: string,
    options?: { readonly timeoutMs?: number },
  ): Promise<Exit & { stdout: string; stderr: string }>;
}

interface HostPlace {
  readonly name: string;
  readonly namespace: string;
  readonly addresses: readonly string[];
  /** The address that its programs ask for names; by default what this machine asks. */
  readonly resolver?: string | undefined;
}

/** The resolver is in a file that all networks of a machine share. So the program gets mounts of its own, where it is another. */
function withResolver(address: string): string[] {
  const script = [
    'mount -t tmpfs lab /mnt',
    'echo "nameserver $0" > /mnt/resolv.conf',
    'mount --bind /mnt/resolv.conf /etc/resolv.conf',
    'umount /mnt',
    'exec "$@"',
  ].join(' && ');
  return ['unshare', '--mount', 'sh', '-c', script, address];
}

/** Makes a host out of a namespace of the lab. */
export function createHost(
  owner: Pick<NamespaceOwner, 'enter'>,
  { addresses, name, namespace, resolver }: HostPlace,
): Host {
  const inside = resolver === undefined ? [] : withResolver(resolver);
  const host: Host = {
    name,
    addresses,
    command: (argv) => owner.enter(namespace, [...inside, ...argv]),
    spawn: (argv, options) => spawnInside(host.command(argv), options),
    exec: async (argv, input = '', { timeoutMs } = {}) => {
      const child = host.spawn(argv);
      const bound = timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      child.stdin.end(input);
      const [exit, stdout, stderr] = await Promise.all([
        child.exited,
        text(child.stdout),
        text(child.stderr),
      ]);
      clearTimeout(bound);
      return { ...exit, stdout, stderr };
    },
  };
  return host;
}

function spawnInside([file = '', ...argv]: readonly string[], options?: HostProcessOptions): HostProcess {
  const env = options?.env ?? { ...process.env, PATH: toolPath };
  const child = spawn(file, argv, { ...options, env, stdio: 'pipe' });
  continueWithProgram(child);
  // If a program ends before it has read everything, its exit code tells so.
  child.stdin.on('error', () => {});
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited: once(child, 'exit').then(([code, signal]) => ({ code, signal })),
    kill: (signal) => signalInside(child, signal),
  };
}

/**
 * Sends a signal to the program and not to nsenter, which waits for it outside.
 * Returns whether the program was still there.
 */
export function signalInside(nsenter: ChildProcess, signal: NodeJS.Signals): boolean {
  if (nsenter.pid === undefined || nsenter.exitCode !== null || nsenter.signalCode !== null) {
    return false;
  }
  const inside = childOf(nsenter.pid);
  return inside === undefined ? nsenter.kill(signal) : killInside(inside, signal);
}

/** nsenter stops itself when its program is stopped, but does not notice when the program goes on. So we continue it. */
export function continueWithProgram(nsenter: ChildProcess): void {
  const { pid } = nsenter;
  if (pid === undefined) {
    return;
  }
  const timer = setInterval(() => {
    if (!isStopped(pid)) {
      return;
    }
    const inside = childOf(pid);
    if (inside !== undefined && !isStopped(inside)) {
      nsenter.kill('SIGCONT');
    }
  }, LOOK_EVERY_MS);
  timer.unref();
  nsenter.once('exit', () => clearInterval(timer));
}

function isStopped(pid: number): boolean {
  try {
    return /^State:\tT/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    // It has just ended.
    return false;
  }
}

function childOf(pid: number): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    return child === undefined || child === '' ? undefined : Number(child);
  } catch {
    return undefined;
  }
}

function killInside(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // It has just ended.
    return false;
  }
}
