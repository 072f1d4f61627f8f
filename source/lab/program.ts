/** This program itself, run inside a host and read by its lines of JSON. */
import { xdgFolder } from '../storage/home-folder.ts';
import { readEventLines, type EventLines } from './event-lines.ts';
import type { Exit, Host } from './host.ts';
import { toolPath } from './tools.ts';

export interface Program extends EventLines {
  readonly exited: Promise<Exit>;
  /** Writes one line to its stdin. */
  type(text: string): void;
  endInput(): void;
  kill(signal: NodeJS.Signals): boolean;
}

/** The command line of this program, however it was started. */
export function ownCommand(args: readonly string[]): string[] {
  return [process.execPath, process.argv[1] ?? '', ...args];
}

/** What it needs of this machine, and nothing of its user's configuration. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: toolPath,
    HOME: '/nonexistent',
    // Compiled code, so that it starts sooner.
    XDG_CACHE_HOME: xdgFolder('XDG_CACHE_HOME', '.cache'),
  };
}

/** Starts this program inside a host. It dies with the lab. */
export function startProgram(host: Host, args: readonly string[]): Program {
  const child = host.spawn(ownCommand(args), { env: ownEnvironment() });
  // Unread, it would stop the program some day. What matters is told by an event, too.
  child.stderr.resume();
  return {
    ...readEventLines(child.stdout),
    exited: child.exited,
    type: (text) => void child.stdin.write(`${text}\n`),
    endInput: () => void child.stdin.end(),
    kill: (signal) => child.kill(signal),
  };
}
