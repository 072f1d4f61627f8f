/** Runs one of the two programs of a trial in its host, and keeps what it says and where it listens. */
import { once, EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Host } from '../../lab/host.ts';
import { ownCommand, ownEnvironment } from '../../lab/program.ts';
import { isInstalled, toolPath } from '../../lab/tools.ts';
import { parsePortsInUse } from './verdict/ports-in-use.ts';
import type { ProgramEnd, Role, Side } from './verdict/trial-evidence.ts';

/** The port of every classic server: the old client knows no other. */
export const CLASSIC_PORT = 8877;

/** Bounds what is kept of each output. A greeting a second needs far less. */
const MAX_OUTPUT = 65_536;
/** How often the ports of a host are looked at, in seconds. A listener lives longer. */
const LOOK_EVERY_S = 0.1;
/** Stands behind each look. No row of the table is like it. */
const looked = 'looked';

export interface RunningSide {
  /** What is known by now. */
  readonly side: () => Side;
  readonly exited: Promise<ProgramEnd>;
  /** Resolves as soon as this holds. It is asked again after all that happens. Rejects with the signal's reason. */
  readonly until: (holds: () => boolean, signal: AbortSignal) => Promise<void>;
  /** Whether it is connected to the server. */
  readonly hasMet: () => boolean;
  readonly kill: () => void;
}

export interface SideOptions {
  readonly role: Role;
  /** The command line under test; undefined for our own chat. */
  readonly command: readonly string[] | undefined;
  /** The address of the server. */
  readonly server: string;
}

/** Starts a client, or our chat, in a host. It ends with the lab. */
export function startSide(host: Host, { command, role, server }: SideOptions): RunningSide {
  const child =
    command === undefined
      ? host.spawn(ownCommand(['chat', '--classic', '--json', '--server', server]), { env: ownEnvironment() })
      : host.spawn(clientCommand(command, server), { env: clientEnvironment(server) });
  const news = new EventEmitter();
  const said = { stdout: '', stderr: '' };
  const listened = new Set<number>();
  let end: ProgramEnd | undefined;
  let met = false;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] = (said[name] + text).slice(0, MAX_OUTPUT);
      news.emit('news');
    });
  }
  const exited = child.exited.then(({ code, signal }) => {
    end = { at: Date.now(), code, signal };
    news.emit('news');
    return end;
  });
  watchPorts(host, ({ listens, remotes }) => {
    for (const port of listens) {
      listened.add(port);
    }
    if (!met && remotes.includes(CLASSIC_PORT)) {
      met = true;
      news.emit('news');
    }
  });
  return {
    side: () => ({
      role,
      host: host.name,
      program: command === undefined ? 'chat' : 'client',
      ...said,
      end,
      listened,
    }),
    exited,
    until: async (holds, signal) => {
      while (!holds()) {
        await once(news, 'news', { signal });
      }
    },
    hasMet: () => met,
    kill: () => void child.kill('SIGKILL'),
  };
}

/**
 * The old client takes the server's address as its only argument. Where a word
 * of the command contains `{host}` or `{port}`, these are replaced instead.
 */
export function clientCommand(command: readonly string[], server: string): string[] {
  const words = command.map((word) =>
    word.replaceAll('{host}', server).replaceAll('{port}', String(CLASSIC_PORT)),
  );
  const isComplete = words.some((word, index) => word !== command[index]);
  // Otherwise a C program would keep its output back until it has 4 KiB of it.
  const lineByLine = isInstalled('stdbuf', toolPath) ? ['stdbuf', '-oL'] : [];
  return [...lineByLine, ...words, ...(isComplete ? [] : [server])];
}

function clientEnvironment(server: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: toolPath,
    PYTHONUNBUFFERED: '1',
    PUNCHLINE_SERVER_HOST: server,
    PUNCHLINE_SERVER_PORT: String(CLASSIC_PORT),
  };
}

/** Looks at the ports of a host again and again, until the lab ends. */
function watchPorts(host: Host, onLook: (ports: ReturnType<typeof parsePortsInUse>) => void): void {
  const loop = `while cat /proc/net/tcp && echo ${looked}; do sleep ${LOOK_EVERY_S}; done`;
  const looker = host.spawn(['sh', '-c', loop]);
  looker.stderr.resume();
  let table = '';
  linesOf(looker.stdout, (line) => {
    if (line === looked) {
      onLook(parsePortsInUse(table));
      table = '';
    } else {
      table += `${line}\n`;
    }
  });
}

function linesOf(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on('line', onLine);
}
