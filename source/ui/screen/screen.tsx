import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { type Instance, render } from 'ink';
import type { KeyMap } from '../settings/key-map.ts';
import type { ScreenSettings } from '../settings/screen-settings.ts';
import type { Chat } from '../../events.ts';
import { App } from './app.tsx';
import { Attention, notificationWay } from './attention.ts';
import { closingText } from '../pane/farewell.ts';
import { refreshSize, watchJobControl } from '../terminal/job-control.ts';
import { openKeyboard } from '../terminal/keyboard.ts';
import { LogSwitch } from '../lines/conversation-log.ts';
import { LookContext } from './look.ts';
import { hasTitle, restoreTerminal } from '../terminal/raw-terminal.ts';
import { initialScreenState } from './screen-state.ts';
import { createScreenStore } from './screen-store.ts';
import { Shell } from './effects.ts';

export interface ScreenOptions {
  /** One chat, or two side by side; with a log, `/log` can end it. */
  readonly panes: readonly { readonly chat: Chat; readonly title?: string; readonly log?: LogSwitch }[];
  readonly keys?: KeyMap;
  readonly settings: ScreenSettings;
  /** Where files are put unless another folder is named, in words. */
  readonly downloads?: string | undefined;
  readonly stdin?: NodeJS.ReadStream;
  readonly stdout?: NodeJS.WriteStream;
  /** Closes the screen at once, whatever it shows. */
  readonly signal?: AbortSignal;
}

/** An echo must not wait for the next frame: Ink's own 30 a second delay fast typing by 33 ms. */
const MAX_FPS = 120;

/** After the last of many sizes: a frame for one before may have been on its way, so all is drawn once more. */
const SETTLED_MS = 100;

/** As often as the session pings: a newer round trip is not known sooner. */
const ROUND_TRIP_MS = 5000;
/** What lasts is told in seconds. */
const TICK_MS = 1000;

/** SIGHUP, which a terminal that goes away sends where it can. */
const GONE_EXIT = 129;

const home = '\u001B[H\u001B[J';

/**
 * Shows chats, on the alternate screen if that is wanted, until they have ended and there is
 * nothing left to read, then says on the ordinary screen how they ended.
 * Rejects with what a component threw, the terminal restored.
 */
export async function showScreen(options: ScreenOptions): Promise<void> {
  const { panes, keys, settings, stdin = process.stdin, stdout = process.stdout, signal } = options;
  const chats = panes.map(({ chat }) => chat);
  const logs = panes.map(({ chat, log }) => log ?? new LogSwitch(chat));
  const titles = panes.map(({ title }) => title);
  const closing = Promise.withResolvers<void>();
  let isClosed = false;
  function close(): void {
    isClosed = true;
    closing.resolve();
  }
  const shell = new Shell(chats, logs, {
    dispatch: (input) => store.dispatch(input),
    close,
    onBug: closing.reject,
  });
  const store = createScreenStore(
    initialScreenState(titles, sizeOf(stdout), keys, options.downloads),
    (effect) => shell.run(effect),
  );
  function measure(pane: number): void {
    const ms = chats[pane]?.rttMs;
    if (ms !== undefined && store.read().panes[pane]?.chat.phase === 'chat') {
      store.dispatch({ kind: 'round-trip', pane, ms });
    }
  }
  const attention = new Attention({
    notify: settings.notify,
    way: notificationWay(process.env),
    hasTitle: hasTitle(),
    startedAtMs: performance.now(),
  });
  /** Before and after it the terminal is somebody else's. */
  let isDrawn = false;
  function tell(sequences: string): void {
    if (isDrawn && !shell.isLent && sequences !== '') {
      stdout.write(sequences);
    }
  }
  const unsubscribe = chats.map((chat, pane) =>
    chat.subscribe((event) => {
      store.dispatch({ kind: 'event', pane, event });
      tell(attention.onEvent(event, pane, performance.now()));
      if (event.event === 'connected') {
        measure(pane);
      }
    }),
  );
  const timers = [
    setInterval(() => store.dispatch({ kind: 'tick', at: Date.now() }), TICK_MS),
    setInterval(() => chats.forEach((_, pane) => measure(pane)), ROUND_TRIP_MS),
  ];
  function onGone(): void {
    // The signal that follows says the same; without a listener it would end the process before the chats have.
    process.on('SIGHUP', ignore);
    for (const chat of chats) {
      chat.interrupt(GONE_EXIT);
    }
  }
  // It stays: what is written after the end meets the same terminal.
  stdout.on('error', onGone);
  signal?.addEventListener('abort', close);
  try {
    if (!isClosed && signal?.aborted !== true) {
      await draw();
    }
  } finally {
    signal?.removeEventListener('abort', close);
    for (const timer of timers) {
      clearInterval(timer);
    }
    for (const stop of unsubscribe) {
      stop();
    }
    // A log that was handed in is closed by whoever opened it.
    logs.forEach((log, pane) => log !== panes[pane]?.log && log.off());
  }
  const texts = store.read().panes.map(({ chat }) => closingText(chat, stdout, sizeOf(stdout).columns));
  // Two sides of one chat that went well say the same twice.
  // The last frame of the ordinary screen ends without a line end.
  stdout.write((settings.altScreen ? '' : '\n') + [...new Set(texts)].join('\n'));

  async function loadLater(): Promise<void> {
    try {
      store.dispatch({ kind: 'loaded', later: await import('./later-views.ts') });
    } catch (error) {
      closing.reject(error);
    }
  }

  async function draw(): Promise<void> {
    const keyboard = openKeyboard({
      stdin,
      stdout,
      // On the ordinary screen the wheel scrolls what the terminal keeps.
      mouse: settings.mouse && settings.altScreen,
      onStroke: (stroke) => {
        tell(attention.onStroke(stroke, performance.now()));
        store.dispatch({ kind: 'stroke', stroke });
      },
      onGone,
    });
    const jobControl = watchJobControl({
      onStop: () => shell.run({ kind: 'suspend' }),
      onContinue: () => shell.renew(),
    });
    async function lend(use: () => Promise<void>): Promise<void> {
      await keyboard.lend(async () => {
        await use();
        await refreshSize();
      });
      stdout.write(attention.titleAgain());
    }
    let screen: Instance;
    try {
      screen = render(
        <LookContext value={settings}>
          <App
            store={store}
            onMounted={(suspend) => {
              shell.attach({ suspend, lend, stop: jobControl.stop });
              void loadLater();
            }}
          />
        </LookContext>,
        {
          stdin,
          stdout,
          alternateScreen: settings.altScreen,
          exitOnCtrlC: false,
          incrementalRendering: true,
          // Ink would draw nothing where CI is set, as it is in many a container.
          interactive: true,
          // Who listens to the screen gets lines instead.
          isScreenReaderEnabled: false,
          maxFps: MAX_FPS,
          // Nothing of ours writes to it, and what else would must not disappear with the alternate screen.
          patchConsole: false,
        },
      );
    } catch (error) {
      jobControl.close();
      keyboard.close();
      restoreTerminal(stdin, stdout, settings.altScreen);
      throw error;
    }
    isDrawn = true;
    tell(attention.titleAgain());
    let settling: NodeJS.Timeout | undefined;
    // Also where Node tells of no new size: there and back again, a terminal may have cut off what stood there.
    function onWindowChange(): void {
      clearTimeout(settling);
      settling = setTimeout(() => shell.run({ kind: 'redraw' }), SETTLED_MS);
    }
    process.on('SIGWINCH', onWindowChange);
    // After Ink's own listener, which draws the old layout into the new size: wipe that, and draw anew.
    function onResize(): void {
      if (!shell.isLent) {
        screen.clear();
        stdout.write(home);
      }
      store.dispatch({ kind: 'resize', ...sizeOf(stdout) });
      onWindowChange();
    }
    stdout.on('resize', onResize);
    // A later frame is drawn from a timer, where nobody catches what Ink throws: what is said of it then must be seen.
    function onBug(): void {
      keyboard.close();
      restoreTerminal(stdin, stdout, settings.altScreen);
    }
    process.prependListener('uncaughtException', onBug);
    try {
      const exit = screen.waitUntilExit();
      await Promise.race([closing.promise, exit]);
      await shell.takeBack();
      await Promise.race([keyboard.answered, exit]);
      isDrawn = false;
      keyboard.close();
      screen.unmount();
      await exit;
    } finally {
      isDrawn = false;
      jobControl.close();
      keyboard.close();
      stdout.off('resize', onResize);
      process.off('SIGWINCH', onWindowChange);
      clearTimeout(settling);
      process.off('uncaughtException', onBug);
    }
  }
}

function ignore(): void {}

/** A terminal that does not tell its size (a serial line) is taken for the usual one. */
function sizeOf(stdout: NodeJS.WriteStream): { columns: number; rows: number } {
  return { columns: stdout.columns || 80, rows: stdout.rows || 24 };
}
