/** Opens the real screen in this process, on the streams of an emulated terminal. */
import { PassThrough, Writable } from 'node:stream';
import { type ScreenPane, showScreen } from '../../../source/ui/screen/screen.tsx';
import type { KeyMap } from '../../../source/ui/settings/key-map.ts';
import { screenSettings, type ScreenSettings } from '../../../source/ui/settings/screen-settings.ts';
import { createEmulator, type Emulator } from './emulator.ts';

export interface OpenScreen extends Omit<Emulator, 'resize'>, AsyncDisposable {
  /** Types keys, which come as one read. */
  readonly type: (keys: string | Buffer) => void;
  readonly resize: (columns: number, rows: number) => void;
  /** Closes the terminal. */
  readonly hangUp: () => void;
  /** Resolves with what `showScreen` resolves with. */
  readonly closed: Promise<number | undefined>;
}

export interface OpenScreenOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly keys?: KeyMap;
  readonly settings?: Partial<ScreenSettings>;
  readonly downloads?: string;
}

const defaultSettings = screenSettings({}, { LANG: 'C.UTF-8' }, {});

/** Shows `panes` as the program does. Use it with `await using`. */
export function openScreen(
  panes: readonly ScreenPane[],
  { columns = 80, rows = 24, keys: keyMap, settings = {}, downloads }: OpenScreenOptions = {},
): OpenScreen {
  const emulator = createEmulator({ columns, rows, convertEol: true });
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: () => stdin,
    ref: () => stdin,
    unref: () => stdin,
  });
  const stdout = Object.assign(
    new Writable({
      decodeStrings: false,
      write: (chunk: string | Buffer, _encoding, done) => {
        emulator.write(chunk.toString());
        done();
      },
    }),
    { isTTY: true, columns, rows },
  );
  emulator.onReply((data) => stdin.write(data));
  const ending = new AbortController();
  const closed = showScreen({
    panes,
    ...(keyMap === undefined ? {} : { keys: keyMap }),
    settings: { ...defaultSettings, ...settings },
    downloads,
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    signal: ending.signal,
  });
  void closed
    .then(
      () => 'the screen closed',
      (error: unknown) => `the screen failed: ${String(error)}`,
    )
    .then(async (reason) => {
      await emulator.flush();
      emulator.end(reason);
    });
  return {
    ...emulator,
    type: (keys) => {
      stdin.write(keys);
    },
    resize: (newColumns, newRows) => {
      emulator.resize(newColumns, newRows);
      Object.assign(stdout, { columns: newColumns, rows: newRows });
      stdout.emit('resize');
    },
    hangUp: () => {
      stdin.end();
    },
    closed,
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await closed.catch(() => undefined);
    },
  };
}
