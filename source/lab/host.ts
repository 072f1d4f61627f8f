/**
 * A host or a router of a lab, as a place to run programs in.
 */
import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Holder } from './namespace-owner.ts';
import { toolPath } from './tools.ts';

/** How soon a program that goes on after a stop has somebody again who waits for its end. */
const ATTEND_EVERY_MS = 500;

/** How a program ended: one of the two is null. */
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
  /** Sends a signal to the program; says whether there was one to send it to. */
  kill(signal: NodeJS.Signals): boolean;
}

export interface HostProcessOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Host {
  readonly name: string;
  /** Own addresses, IPv4 first; of a router, the external one. */
  readonly addresses: readonly string[];
  /** The command line that runs a program in here, for a terminal or another program to start. */
  command(argv: readonly string[]): string[];
  spawn(argv: readonly string[], options?: HostProcessOptions): HostProcess;
  /** Runs a program to its end. */
  exec(argv: readonly string[], input?: string): Promise<Exit & { stdout: string; stderr: string }>;
}

/** A namespace of the lab as a place to run programs in. */
export function createHost(
  holder: Holder,
  { addresses, name, namespace }: { name: string; namespace: string; addresses: readonly string[] },
): Host {
  const host: Host = {
    name,
    addresses,
    command: (argv) => holder.enter(namespace, argv),
    spawn: (argv, options) => spawnInside(host.command(argv), options),
    exec: async (argv, input = '') => {
      const child = host.spawn(argv);
      child.stdin.end(input);
      const [exit, stdout, stderr] = await Promise.all([
        child.exited,
        text(child.stdout),
        text(child.stderr),
      ]);
      return { ...exit, stdout, stderr };
    },
  };
  return host;
}

function spawnInside([file = '', ...argv]: readonly string[], options?: HostProcessOptions): HostProcess {
  const env = options?.env ?? { ...process.env, PATH: toolPath };
  const child = spawn(file, argv, { ...options, env, stdio: 'pipe' });
  attend(child);
  // A program that ends before it has read everything is told by its exit.
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
 * nsenter stays outside and waits for the program: a signal is meant for the
 * program, not for nsenter. Says whether there was one to send it to.
 */
export function signalInside(nsenter: ChildProcess, signal: NodeJS.Signals): boolean {
  if (nsenter.pid === undefined || nsenter.exitCode !== null || nsenter.signalCode !== null) {
    return false;
  }
  const inside = childOf(nsenter.pid);
  return inside === undefined ? nsenter.kill(signal) : killInside(inside, signal);
}

/** nsenter stops itself when the program is stopped, and does not see when it goes on: then it is continued. */
export function attend(nsenter: ChildProcess): void {
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
  }, ATTEND_EVERY_MS);
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
    // It has just ended by itself.
    return false;
  }
}
