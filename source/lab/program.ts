/** Runs this program inside a host and reads its events, which are lines of JSON. */
import { once, EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { isExecutable } from '../storage/own-files.ts';
import { xdgFolder } from '../storage/home-folder.ts';
import type { Exit, Host } from './host.ts';
import { toolPath } from './tools.ts';
import { parseJson } from '../text/parse-json.ts';

export interface Program extends EventLines {
  readonly exited: Promise<Exit>;
  /** Writes one line to its stdin. */
  type(text: string): void;
  endInput(): void;
  kill(signal: NodeJS.Signals): boolean;
}

/** The command line that starts this program again: from its source, from its build, or as a single executable. */
export function ownCommand(args: readonly string[]): string[] {
  return isExecutable ? [process.execPath, ...args] : [process.execPath, process.argv[1] ?? '', ...args];
}

/** Environment variables that the program needs, without the user's configuration. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: toolPath,
    HOME: '/nonexistent',
    // The cache of compiled code, with which it starts faster.
    XDG_CACHE_HOME: xdgFolder('XDG_CACHE_HOME', '.cache'),
  };
}

/** Starts this program inside a host. It dies with the lab. */
export function startProgram(host: Host, args: readonly string[]): Program {
  const child = host.spawn(ownCommand(args), { env: ownEnvironment() });
  // The program would block if nobody read its stderr. Its events tell everything that matters.
  child.stderr.resume();
  return {
    ...readEventLines(child.stdout),
    exited: child.exited,
    type: (text) => void child.stdin.write(`${text}\n`),
    endInput: () => void child.stdin.end(),
    kill: (signal) => child.kill(signal),
  };
}

/** One event, as the program has written it. */
export interface Line {
  readonly event: string;
  readonly [field: string]: unknown;
}

interface EventLines {
  /** All lines so far. */
  readonly lines: readonly Line[];
  /** The first line that matches, earlier or later; undefined if the stream ends without one. */
  line(event: string, matches?: (line: Line) => boolean): Promise<Line | undefined>;
  /** Calls the listener with each later line. */
  subscribe(listener: (line: Line) => void): void;
}

/** Reads events from a program's stdout, one JSON object a line. Other lines are skipped. */
export function readEventLines(stdout: Readable): EventLines {
  const lines: Line[] = [];
  const news = new EventEmitter();
  let hasEnded = false;
  createInterface({ input: stdout })
    .on('line', (text) => {
      const line = parseLine(text);
      if (line === undefined) {
        return;
      }
      lines.push(line);
      news.emit('line', line);
    })
    .on('close', () => {
      hasEnded = true;
      news.emit('line');
    });
  return {
    lines,
    line: async (event, matches = () => true) => {
      for (let looked = 0; ;) {
        const found = lines.slice(looked).find((line) => line.event === event && matches(line));
        if (found !== undefined || hasEnded) {
          return found;
        }
        looked = lines.length;
        await once(news, 'line');
      }
    },
    subscribe: (listener) => {
      news.on('line', (line?: Line) => {
        if (line !== undefined) {
          listener(line);
        }
      });
    },
  };
}

function parseLine(text: string): Line | undefined {
  try {
    const value: unknown = parseJson(text);
    return typeof value === 'object' && value !== null && 'event' in value ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}
