/**
 * A terminal without a window. It takes a program's output, and tells what its
 * screen would show. Waiting needs no polling: each write, once parsed, is
 * checked.
 */
import headless, { type Terminal as XtermTerminal } from '@xterm/headless';
import { patienceMs } from '../eventually.ts';

// The package reads its table from the start of the memory that holds it. A small Buffer begins further on in a memory
// that it shares with others, unless there is no such pool.
const { poolSize } = Buffer;
Buffer.poolSize = 0;
const { UnicodeGraphemesAddon } = await import('@xterm/addon-unicode-graphemes');
Buffer.poolSize = poolSize;

export type ScreenPattern = string | RegExp | ((screen: string) => boolean);

export interface Cursor {
  readonly x: number;
  readonly y: number;
  readonly isVisible: boolean;
}

export interface Emulator {
  /** The visible rows, without trailing spaces. */
  readonly text: () => string;
  /** The whole output so far. */
  readonly raw: () => string;
  readonly cursor: () => Cursor;
  readonly buffer: () => 'normal' | 'alternate';
  /** Resolves with the screen as soon as it shows `pattern`. Rejects with the screen that it shows instead. */
  readonly waitFor: (pattern: ScreenPattern) => Promise<string>;
  readonly write: (data: string) => void;
  /** Resolves when everything written has been parsed. */
  readonly flush: () => Promise<void>;
  readonly resize: (columns: number, rows: number) => void;
  /** Ends all waiting, because no more output can come. */
  readonly end: (reason: string) => void;
  /** Calls the listener with the terminal's answers to the program's queries. */
  readonly onReply: (listener: (data: string) => void) => void;
  readonly xterm: XtermTerminal;
}

export interface EmulatorOptions {
  readonly columns: number;
  readonly rows: number;
  /** Whether to treat LF as CR LF, as the kernel's terminal driver does. Off if there is a real driver. */
  readonly convertEol?: boolean;
}

export function createEmulator({ columns, rows, convertEol = false }: EmulatorOptions): Emulator {
  const xterm = new headless.Terminal({
    cols: columns,
    rows,
    convertEol,
    allowProposedApi: true,
    scrollback: 1000,
  });
  xterm.loadAddon(new UnicodeGraphemesAddon());
  let raw = '';
  let ended: string | undefined;
  const checks = new Set<() => void>();
  function check(): void {
    for (const one of checks) {
      one();
    }
  }

  function text(): string {
    const { active } = xterm.buffer;
    const lines = Array.from(
      { length: xterm.rows },
      (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '',
    );
    return lines.join('\n');
  }

  return {
    text,
    raw: () => raw,
    cursor: () => {
      const { active } = xterm.buffer;
      const isVisible = raw.lastIndexOf('\u001B[?25h') >= raw.lastIndexOf('\u001B[?25l');
      return { x: active.cursorX, y: active.cursorY, isVisible };
    },
    buffer: () => xterm.buffer.active.type,
    waitFor: async (pattern) => {
      const found = Promise.withResolvers<string>();
      function fail(reason: string): void {
        found.reject(
          new Error(`${reason} while waiting for ${String(pattern)}; the screen shows:\n${text()}`),
        );
      }
      function checkNow(): void {
        // A frame is not visible before its end mark.
        if ((!xterm.modes.synchronizedOutputMode || ended !== undefined) && shows(text(), pattern)) {
          found.resolve(text());
        } else if (ended !== undefined) {
          fail(ended);
        }
      }
      const timer = setTimeout(() => {
        fail("the test's time is up");
      }, patienceMs());
      checks.add(checkNow);
      checkNow();
      try {
        return await found.promise;
      } finally {
        clearTimeout(timer);
        checks.delete(checkNow);
      }
    },
    write: (data) => {
      raw += data;
      xterm.write(data, check);
    },
    flush: () =>
      new Promise((resolve) => {
        xterm.write('', resolve);
      }),
    resize: (newColumns, newRows) => {
      xterm.resize(newColumns, newRows);
    },
    end: (reason) => {
      ended = reason;
      check();
    },
    onReply: (listener) => {
      xterm.onData(listener);
    },
    xterm,
  };
}

function shows(screen: string, pattern: ScreenPattern): boolean {
  if (typeof pattern === 'string') {
    return screen.includes(pattern);
  }
  return typeof pattern === 'function' ? pattern(screen) : pattern.test(screen);
}
