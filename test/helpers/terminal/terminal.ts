/** A program in a real pseudo-terminal, with an emulator for its screen. */
import process from 'node:process';
import { spawn } from '@lydell/node-pty';
import { createEmulator, type Emulator } from './emulator.ts';

export interface TerminalOptions {
  readonly command: string;
  readonly args?: readonly string[];
  readonly columns?: number;
  readonly rows?: number;
  /** Added to the environment of this process, without variables that would change colours or width. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Whether the terminal answers queries; default true. */
  readonly answers?: boolean;
}

export interface Exit {
  readonly exitCode: number;
  /** The number of the signal that ended it; 0 if there was none. */
  readonly signal: number;
}

export interface Terminal extends Omit<Emulator, 'write' | 'end' | 'onReply' | 'resize'>, AsyncDisposable {
  readonly pid: number;
  /** Types keys. */
  readonly write: (keys: string | Buffer) => void;
  readonly resize: (columns: number, rows: number) => void;
  /** Resolves when the program has ended and the screen shows its whole output. */
  readonly exit: Promise<Exit>;
  /** Closes the terminal like a window. */
  readonly hangUp: () => void;
  /** Kills the program if it still runs. */
  readonly close: () => Promise<void>;
}

/** Opens a terminal. Use it with `await using`, so that nothing is left running. */
export function openTerminal(options: TerminalOptions): Terminal {
  const { command, args = [], columns = 80, rows = 24, env = {}, cwd, answers = true } = options;
  const emulator = createEmulator({ columns, rows });
  const pty = spawn(command, [...args], {
    name: env['TERM'] ?? 'xterm-256color',
    cols: columns,
    rows,
    env: { ...environment(), ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  let hasExited = false;
  const exited = Promise.withResolvers<Exit>();
  pty.onData(emulator.write);
  emulator.onReply((data) => {
    if (answers && !hasExited) {
      pty.write(data);
    }
  });
  pty.onExit(({ exitCode, signal = 0 }) => {
    hasExited = true;
    void settle({ exitCode, signal });
  });
  async function settle(exit: Exit): Promise<void> {
    await emulator.flush();
    emulator.end(
      `the program ended with ${exit.signal === 0 ? `exit code ${exit.exitCode}` : `signal ${exit.signal}`}`,
    );
    exited.resolve(exit);
  }
  async function close(): Promise<void> {
    if (!hasExited) {
      pty.kill('SIGKILL');
    }
    await exited.promise;
  }
  return {
    ...emulator,
    pid: pty.pid,
    write: (keys) => {
      // Its types know no bytes, but it writes them.
      pty.write(keys as string);
    },
    resize: (newColumns, newRows) => {
      emulator.resize(newColumns, newRows);
      pty.resize(newColumns, newRows);
    },
    hangUp: () => {
      // This closes the library's side. It has no public method for that.
      (pty as unknown as { destroy: () => void }).destroy();
    },
    exit: exited.promise,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Test runners and shells set variables about colours. A person's terminal sets none. */
function environment(): Record<string, string> {
  const unwanted = new Set([
    'CI',
    'NO_COLOR',
    'FORCE_COLOR',
    'COLORTERM',
    'COLUMNS',
    'LINES',
    'NODE_OPTIONS',
    'VITEST',
  ]);
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !unwanted.has(entry[0]),
  );
  return { ...Object.fromEntries(entries), LANG: 'C.UTF-8', TERM: 'xterm-256color' };
}
