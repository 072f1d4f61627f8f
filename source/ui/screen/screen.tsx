import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { type Instance, render } from 'ink';
import type { KeyMap } from '../settings/key-map.ts';
import type { ScreenSettings } from '../settings/screen-settings.ts';
import type { Chat } from '../../events.ts';
import { App } from './app.tsx';
import { Attention, notificationWay } from './attention.ts';
import { type JobControl, refreshSize, watchJobControl } from '../terminal/job-control.ts';
import { type Keyboard, openKeyboard } from '../terminal/keyboard.ts';
import { LogSwitch } from '../lines/conversation-log.ts';
import { LookContext } from './look.ts';
import { hasTitle, restoreTerminal } from '../terminal/raw-terminal.ts';
import { initialScreenState } from './screen-state.ts';
import { createScreenStore, type ScreenStore } from './screen-store.ts';
import { Shell } from './effects.ts';
import { sizeOf, watchWindow } from '../terminal/window-size.ts';

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
  const { panes, signal } = options;
  const logs = panes.map(({ chat, log }) => log ?? new LogSwitch(chat));
  const screen = new Screen(options, logs);
  const unfollow = screen.followChats();
  screen.watchOutput();
  signal?.addEventListener('abort', screen.close);
  try {
    if (!screen.isClosed && signal?.aborted !== true) {
      await screen.draw();
    }
  } finally {
    signal?.removeEventListener('abort', screen.close);
    unfollow();
    // A log that was handed in is closed by whoever opened it.
    logs.forEach((log, pane) => log !== panes[pane]?.log && log.off());
  }
  await screen.sayFarewell();
}

/** The state of what is shown, with all that feeds it and all that it is shown on. */
class Screen {
  readonly #chats: readonly Chat[];
  readonly #settings: ScreenSettings;
  readonly #stdin: NodeJS.ReadStream;
  readonly #stdout: NodeJS.WriteStream;
  readonly #shell: Shell;
  readonly #store: ScreenStore;
  readonly #attention: Attention;
  readonly #closing = Promise.withResolvers<void>();
  #isClosed = false;
  /** Before and after it the terminal is somebody else's. */
  #isDrawn = false;

  constructor(options: ScreenOptions, logs: readonly LogSwitch[]) {
    const { panes, keys, settings, downloads, stdin = process.stdin, stdout = process.stdout } = options;
    this.#chats = panes.map(({ chat }) => chat);
    this.#settings = settings;
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.#shell = new Shell(this.#chats, logs, {
      dispatch: (input) => this.#store.dispatch(input),
      close: this.close,
      onBug: this.#closing.reject,
    });
    const titles = panes.map(({ title }) => title);
    this.#store = createScreenStore(initialScreenState(titles, sizeOf(stdout), keys, downloads), (effect) =>
      this.#shell.run(effect),
    );
    this.#attention = new Attention({
      notify: settings.notify,
      way: notificationWay(process.env),
      hasTitle: hasTitle(),
      startedAtMs: performance.now(),
    });
  }

  /** Whether there is nothing to show any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  readonly close = (): void => {
    this.#isClosed = true;
    this.#closing.resolve();
  };

  /** Shows what the chats say and how time passes, until the function that it returns is called. */
  followChats(): () => void {
    const unsubscribe = this.#chats.map((chat, pane) =>
      chat.subscribe((event) => {
        this.#store.dispatch({ kind: 'event', pane, event });
        this.#tell(this.#attention.onEvent(event, pane, performance.now()));
        if (event.event === 'connected') {
          this.#measure(pane);
        }
      }),
    );
    const timers = [
      setInterval(() => this.#store.dispatch({ kind: 'tick', at: Date.now() }), TICK_MS),
      setInterval(() => this.#chats.forEach((_, pane) => this.#measure(pane)), ROUND_TRIP_MS),
    ];
    return () => {
      for (const timer of timers) {
        clearInterval(timer);
      }
      for (const stop of unsubscribe) {
        stop();
      }
    };
  }

  #measure(pane: number): void {
    const ms = this.#chats[pane]?.rttMs;
    if (ms !== undefined && this.#store.read().panes[pane]?.chat.phase === 'chat') {
      this.#store.dispatch({ kind: 'round-trip', pane, ms });
    }
  }

  /** It stays watched: what is written after the end meets the same terminal. */
  watchOutput(): void {
    this.#stdout.on('error', this.#onGone);
  }

  readonly #onGone = (): void => {
    // The signal that follows says the same; without a listener it would end the process before the chats have.
    process.on('SIGHUP', ignore);
    for (const chat of this.#chats) {
      chat.interrupt(GONE_EXIT);
    }
  };

  /** Resolves when the screen has closed; the terminal is as before. */
  async draw(): Promise<void> {
    const keyboard = this.#openKeyboard();
    const jobControl = watchJobControl({
      onStop: () => this.#shell.run({ kind: 'suspend' }),
      onContinue: () => this.#shell.renew(),
    });
    const onBug = (): void => {
      keyboard.close();
      restoreTerminal(this.#stdin, this.#stdout, this.#settings.altScreen);
    };
    let drawn: Instance;
    try {
      drawn = this.#render(keyboard, jobControl);
    } catch (error) {
      jobControl.close();
      onBug();
      throw error;
    }
    this.#isDrawn = true;
    this.#tell(this.#attention.titleAgain());
    const unwatch = this.#followWindow(drawn);
    // A later frame is drawn from a timer, where nobody catches what Ink throws: what is said of it then must be seen.
    process.prependListener('uncaughtException', onBug);
    try {
      await this.#untilClosed(drawn, keyboard);
    } finally {
      this.#isDrawn = false;
      jobControl.close();
      keyboard.close();
      unwatch();
      process.off('uncaughtException', onBug);
    }
  }

  #openKeyboard(): Keyboard {
    return openKeyboard({
      stdin: this.#stdin,
      stdout: this.#stdout,
      // On the ordinary screen the wheel scrolls what the terminal keeps.
      mouse: this.#settings.mouse && this.#settings.altScreen,
      onStroke: (stroke) => {
        this.#tell(this.#attention.onStroke(stroke, performance.now()));
        this.#store.dispatch({ kind: 'stroke', stroke });
      },
      onGone: this.#onGone,
    });
  }

  #render(keyboard: Keyboard, { stop }: JobControl): Instance {
    const lend = async (use: () => Promise<void>): Promise<void> => {
      await keyboard.lend(async () => {
        await use();
        await refreshSize();
      });
      this.#stdout.write(this.#attention.titleAgain());
    };
    return render(
      <LookContext value={this.#settings}>
        <App
          store={this.#store}
          onMounted={(suspend) => {
            this.#shell.attach({ suspend, lend, stop });
            void this.#loadLater();
          }}
        />
      </LookContext>,
      {
        stdin: this.#stdin,
        stdout: this.#stdout,
        alternateScreen: this.#settings.altScreen,
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
  }

  async #loadLater(): Promise<void> {
    try {
      this.#store.dispatch({ kind: 'loaded', later: await import('./later-views.ts') });
    } catch (error) {
      this.#closing.reject(error);
    }
  }

  #followWindow(drawn: Instance): () => void {
    return watchWindow(this.#stdout, {
      // After Ink's own listener, which draws the old layout into the new size: wipe that, and draw anew.
      onResize: (size) => {
        if (!this.#shell.isLent) {
          drawn.clear();
          this.#stdout.write(home);
        }
        this.#store.dispatch({ kind: 'resize', ...size });
      },
      onSettled: () => this.#shell.run({ kind: 'redraw' }),
    });
  }

  async #untilClosed(drawn: Instance, keyboard: Keyboard): Promise<void> {
    const exit = drawn.waitUntilExit();
    await Promise.race([this.#closing.promise, exit]);
    await this.#shell.takeBack();
    await Promise.race([keyboard.answered, exit]);
    this.#isDrawn = false;
    keyboard.close();
    drawn.unmount();
    await exit;
  }

  /** Writes what moves no cursor, while the terminal is ours. */
  #tell(sequences: string): void {
    if (this.#isDrawn && !this.#shell.isLent && sequences !== '') {
      this.#stdout.write(sequences);
    }
  }

  /** Says how the chats ended. */
  async sayFarewell(): Promise<void> {
    const { closingText } = await import('../pane/closing-text.ts');
    const { columns } = sizeOf(this.#stdout);
    const texts = this.#store.read().panes.map(({ chat }) => closingText(chat, this.#stdout, columns));
    // Two sides of one chat that went well say the same twice.
    // The last frame of the ordinary screen ends without a line end.
    this.#stdout.write((this.#settings.altScreen ? '' : '\n') + [...new Set(texts)].join('\n'));
  }
}

function ignore(): void {}
