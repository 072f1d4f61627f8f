/**
 * Runs the built command as a shell or a script does: with piped stdio and its
 * own home folder, which is removed after the test.
 */
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { PunchlineEvent } from '../../../source/events.ts';
import { patienceMs } from '../eventually.ts';
import { clientOptions, type LocalRendezvous } from '../servers/local-rendezvous.ts';
import type { Owner } from '../skip-without.ts';
import { sharedCache } from './bare-environment.ts';

export const program = fileURLToPath(new URL('../../../dist/punchline.cjs', import.meta.url));

/** A home without a config file. Several test files may share this process, so it is removed at its end. */
const home = mkdtempSync(join(tmpdir(), 'punchline-home-'));
process.once('exit', () => rmSync(home, { recursive: true, force: true }));
// The test runner ends its workers so, and Node would not come to `exit`.
process.once('SIGTERM', () => process.exit());

type EventNamed<Name extends PunchlineEvent['event']> = Extract<PunchlineEvent, { event: Name }>;

export interface PunchlineOptions {
  /** Text for its stdin, which then ends. Without it, stdin stays open. */
  readonly input?: string;
  /** Added to an environment that has only PATH and an empty home. */
  readonly env?: Readonly<Record<string, string>>;
  /** Words before the command, for example a shell that closes stdin and then runs the rest. */
  readonly under?: readonly string[];
  /** What it ends with, instead of the test. */
  readonly owner?: Pick<Owner, 'onTestFinished'>;
}

export interface Exit {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Punchline {
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The lines of its stdout, parsed as JSON. Throws if a line is something else. */
  readonly events: readonly PunchlineEvent[];
  /** Resolves with the first matching event of that name, past or to come. */
  waitFor<Name extends PunchlineEvent['event']>(
    event: Name,
    matches?: (event: EventNamed<Name>) => boolean,
  ): Promise<EventNamed<Name>>;
  /** Resolves with the match as soon as stdout or stderr contains one. */
  waitForText(text: RegExp): Promise<RegExpExecArray>;
  write(text: string | Uint8Array): void;
  endInput(): void;
  /** Closes its stdout, so that its next write fails. */
  closeOutput(): void;
  /** Stops reading its stdout and stderr, which stay open. `ended` cannot be used after that. */
  stopReading(): void;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the process has ended, even if some of its output is unread. */
  readonly exitCode: Promise<number | null>;
  /** Resolves when it has ended, with its whole output. */
  ended(): Promise<Exit>;
}

/** Runs `punchline ARGS`. The process is killed when the test is over, if it still runs. */
export function startPunchline(args: readonly string[], options: PunchlineOptions = {}): Punchline {
  const { input, env = {}, under = [], owner = { onTestFinished } } = options;
  const [command = '', ...words] = [...under, process.execPath, program, ...args];
  const child = spawn(command, words, {
    stdio: 'pipe',
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_CACHE_HOME: sharedCache,
      ...env,
    },
  });
  const news = new EventEmitter();
  const said = { stdout: '', stderr: '' };
  let over = false;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      news.emit('news');
    });
  }
  // It may end before it has read its input, which is not an error of the test.
  child.stdin.on('error', () => undefined);
  if (input !== undefined) {
    child.stdin.end(input);
  }

  const { pid } = child;
  if (pid === undefined) {
    throw new Error(`${command} does not start`);
  }
  const ended = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      over = true;
      resolve({ code, signal, ...said });
      news.emit('news');
    });
  });
  const exitCode = new Promise<number | null>((resolve) => void child.once('exit', resolve));
  owner.onTestFinished(async () => {
    child.stdout.resume();
    child.kill('SIGKILL');
    await ended;
  });

  function account() {
    return `punchline ${args.join(' ')}\n--- stdout\n${said.stdout}\n--- stderr\n${said.stderr}\n--- exit ${child.exitCode ?? child.signalCode ?? '(still running)'}`;
  }
  async function until<Value>(what: string, look: () => Value | undefined): Promise<Value> {
    const deadline = AbortSignal.timeout(patienceMs());
    for (;;) {
      const found = look();
      if (found !== undefined) {
        return found;
      }
      if (over) {
        throw new Error(`ended without ${what}: ${account()}`);
      }
      try {
        await once(news, 'news', { signal: deadline });
      } catch {
        throw new Error(`no ${what} in the time of the test: ${account()}`);
      }
    }
  }
  const events: PunchlineEvent[] = [];
  let parsedLength = 0;
  function parse() {
    for (let end = said.stdout.indexOf('\n', parsedLength); end !== -1;) {
      events.push(parseEvent(said.stdout.slice(parsedLength, end)));
      parsedLength = end + 1;
      end = said.stdout.indexOf('\n', parsedLength);
    }
    return events;
  }

  return {
    pid,
    get stdout() {
      return said.stdout;
    },
    get stderr() {
      return said.stderr;
    },
    get events() {
      return parse();
    },
    waitFor: (name, matches = () => true) =>
      until(`an event ${name}`, () =>
        parse().find((event) => event.event === name && matches(event as never)),
      ) as never,
    waitForText: (text) =>
      until(`the text ${String(text)}`, () => text.exec(said.stdout + said.stderr) ?? undefined),
    write: (text) => void child.stdin.write(text),
    endInput: () => void child.stdin.end(),
    closeOutput: () => void child.stdout.destroy(),
    stopReading: () => {
      child.stdout.pause();
      child.stderr.pause();
    },
    exitCode,
    kill: (signal) => void child.kill(signal),
    ended: async () => {
      await until('an end', () => (over ? true : undefined));
      return ended;
    },
  };
}

function parseEvent(line: string): PunchlineEvent {
  try {
    return JSON.parse(line) as PunchlineEvent;
  } catch (cause) {
    throw new Error(`not a line of JSON: ${line}`, { cause });
  }
}

export interface RunningServer extends LocalRendezvous {
  readonly process: Punchline;
}

/** Runs `punchline serve` on a free port of the loopback, and resolves when it listens. */
export async function startServer(
  args: readonly string[] = [],
  options: PunchlineOptions = {},
): Promise<RunningServer> {
  const process = startPunchline(['serve', '--port', '0', '--host', '127.0.0.1', ...args], options);
  const [line] = await process.waitForText(/^\{"event":"listening".*\}$/m);
  const { port, probePort } = JSON.parse(line) as { port: number; probePort: number };
  return {
    process,
    port,
    probePort,
    options: clientOptions(port, probePort),
  };
}

/** The texts of the peer's messages, in order. */
export function heardBy({ events }: Punchline): string[] {
  return events.flatMap((event) => (event.event === 'message' && event.from === 'peer' ? [event.text] : []));
}

/** A thousand numbered lines with the name of the side that sends them. */
export function lines(who: string): string[] {
  return Array.from({ length: 1000 }, (_, index) => `${who} ${index}`);
}
