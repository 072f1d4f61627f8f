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
import { LogSwitch } from '../lines/log-switch.ts';
import { LookContext } from './look.ts';
import { hasTitle, restoreTerminal } from '../terminal/raw-terminal.ts';
import { initialScreenState, isMoving, isOver } from './screen-state.ts';
import { createScreenStore, type ScreenStore } from './screen-store.ts';
import { type EffectOf, Effects } from './effects.ts';
import { refusalOf } from './step-screen.ts';
import type { NextChat, Start } from '../ending/start.ts';
import { pressedStrokes } from './step-stroke.ts';
import { signals } from '../lines/until-ended.ts';
import { sizeOf, watchWindow } from '../terminal/window-size.ts';

export interface ScreenPane {
  readonly chat: Chat;
  readonly title?: string;
  readonly log?: LogSwitch;
  /** How the chat was started, and what starts another one after its end. Absent if none can follow. */
  readonly start?: Start;
  /** Throws ERR_USAGE if the invite cannot be read. */
  readonly begin?: (next: NextChat) => { readonly chat: Chat; readonly start: Start };
}

export interface ScreenOptions {
  /** One chat, or two side by side. If a log is given, `/log` can close it. */
  readonly panes: readonly ScreenPane[];
  readonly keys?: KeyMap;
  readonly settings: ScreenSettings;
  /** Where received files are put by default, as it is shown to the user. */
  readonly downloads?: string | undefined;
  readonly stdin?: NodeJS.ReadStream;
  readonly stdout?: NodeJS.WriteStream;
  /** Aborting it closes the screen at once. */
  readonly signal?: AbortSignal;
}

/**
 * Typed characters must appear at once. Ink draws 30 frames a second by
 * default, which delays fast typing by 33 ms.
 */
const MAX_FPS = 120;

/** The session pings this often, so there is no newer round trip before. */
const ROUND_TRIP_MS = 5000;
/** Durations on the screen are in seconds. */
const TICK_MS = 1000;
/** While something moves. Each step draws the whole screen, so it must not be shorter. */
const STEP_MS = 125;

/**
 * Bounds how long the program outlives its terminal, in ms. The goodbye to the
 * peer needs far less, and nothing else of a screen is worth doing then.
 */
const GONE_MS = 2000;

const home = '\u001B[H\u001B[J';

/**
 * Shows chats until they have ended and the user has closed the screen, then
 * writes to the ordinary screen how they ended. Resolves with the exit code if
 * something else than the chats decides it: a signal, or the end of the
 * terminal, after they had ended. If a component throws, this restores the
 * terminal and rejects with the error.
 */
export async function showScreen(options: ScreenOptions): Promise<number | undefined> {
  const { panes, signal } = options;
  const logs = panes.map(({ chat, log }) => log ?? new LogSwitch(chat));
  const screen = new Screen(options, logs);
  const unfollow = screen.followChats();
  const unlisten = screen.followSignals();
  screen.watchOutput();
  signal?.addEventListener('abort', screen.close);
  try {
    if (!screen.isClosed && signal?.aborted !== true) {
      await screen.draw();
    }
  } finally {
    signal?.removeEventListener('abort', screen.close);
    unlisten();
    unfollow();
    // A log from the options is closed by the caller.
    logs.forEach((log, pane) => log !== panes[pane]?.log && log.off());
  }
  await screen.writeClosingText();
  return screen.exit;
}

/**
 * Connects the screen's state with its inputs (chats, keys, window, time) and
 * with the terminal that it is drawn on.
 */
class Screen {
  readonly #panes: readonly ScreenPane[];
  /** One for each pane: the last that was started there. */
  readonly #chats: Chat[];
  readonly #logs: readonly LogSwitch[];
  readonly #unsubscribe: (() => void)[] = [];
  readonly #settings: ScreenSettings;
  readonly #stdin: NodeJS.ReadStream;
  readonly #stdout: NodeJS.WriteStream;
  readonly #effects: Effects;
  readonly #store: ScreenStore;
  readonly #attention: Attention;
  readonly #closing = Promise.withResolvers<void>();
  #isClosed = false;
  /** Ends the process if the chats do not end after the terminal has gone. */
  #goneTimer: NodeJS.Timeout | undefined;
  #exit: number | undefined;
  /** Whether the screen is drawn. Before and after that, the terminal must not get our sequences. */
  #isDrawn = false;

  constructor(options: ScreenOptions, logs: readonly LogSwitch[]) {
    const { panes, keys, settings, downloads, stdin = process.stdin, stdout = process.stdout } = options;
    this.#panes = panes;
    this.#chats = panes.map(({ chat }) => chat);
    this.#logs = logs;
    this.#settings = settings;
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.#effects = new Effects(this.#chats, logs, {
      dispatch: (input) => this.#store.dispatch(input),
      close: this.close,
      tell: (sequences) => this.#tell(sequences),
      begin: (wish) => this.#begin(wish),
      onBug: this.#closing.reject,
    });
    const given = panes.map(({ title, start }) => ({ title, start }));
    this.#store = createScreenStore(initialScreenState(given, sizeOf(stdout), keys, downloads), (effect) =>
      this.#effects.run(effect),
    );
    this.#attention = new Attention({
      notify: settings.notify,
      way: notificationWay(process.env),
      hasTitle: hasTitle(),
      startedAtMs: performance.now(),
    });
  }

  /** Whether the screen was closed, perhaps before it was drawn. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The exit code if it is not that of the chats. */
  get exit(): number | undefined {
    return this.#exit;
  }

  readonly close = (): void => {
    this.#isClosed = true;
    this.#closing.resolve();
  };

  /** Ends everything for a reason that is none of the chats'. */
  #end(exit: number): void {
    if (isOver(this.#store.read())) {
      // The chats have told their end already, so that nothing else closes the screen.
      this.#exit = exit;
      this.close();
      return;
    }
    for (const chat of this.#chats) {
      chat.interrupt(exit);
    }
  }

  /**
   * Lets signals close a screen whose chats have ended, until the returned
   * function is called. Before that, signals go to the chats.
   */
  followSignals(): () => void {
    const listeners = Object.entries(signals).map(([signal, exit]) => {
      const listener = (): void => {
        if (isOver(this.#store.read())) {
          this.#end(exit);
        }
      };
      process.on(signal, listener);
      return () => process.off(signal, listener);
    });
    return () => {
      for (const remove of listeners) {
        remove();
      }
    };
  }

  /** Feeds the chats' events and the time into the state, until the returned function is called. */
  followChats(): () => void {
    this.#chats.forEach((chat, pane) => this.#follow(pane, chat));
    const timers = [
      setInterval(this.#tick, TICK_MS),
      setInterval(() => this.#chats.forEach((_, pane) => this.#measure(pane)), ROUND_TRIP_MS),
    ];
    const stopMoving = this.#settings.reducedMotion ? ignore : this.#move();
    return () => {
      stopMoving();
      for (const timer of timers) {
        clearInterval(timer);
      }
      for (const unsubscribe of this.#unsubscribe) {
        unsubscribe();
      }
    };
  }

  readonly #tick = (): void => this.#store.dispatch({ kind: 'tick', at: Date.now() });

  /** Ticks faster while something moves, until the returned function is called. */
  #move(): () => void {
    let timer: NodeJS.Timeout | undefined;
    const unsubscribe = this.#store.subscribe(() => {
      const moves = isMoving(this.#store.read());
      if (moves === (timer !== undefined)) {
        return;
      }
      clearInterval(timer);
      timer = moves ? setInterval(this.#tick, STEP_MS) : undefined;
    });
    return () => {
      unsubscribe();
      clearInterval(timer);
    };
  }

  #follow(pane: number, chat: Chat): void {
    this.#unsubscribe[pane] = chat.subscribe((event) => {
      this.#store.dispatch({ kind: 'event', pane, event });
      this.#tell(this.#attention.onEvent(event, pane, performance.now()));
      if (event.event === 'connected') {
        this.#measure(pane);
      }
    });
  }

  /** Starts another chat in a pane whose chat has ended. */
  #begin({ pane, next, text }: EffectOf<'begin'>): void {
    try {
      const begun = this.#panes[pane]?.begin?.(next);
      if (begun === undefined) {
        return;
      }
      this.#unsubscribe[pane]?.();
      this.#chats[pane] = begun.chat;
      this.#logs[pane]?.next(begun.chat);
      this.#store.dispatch({ kind: 'begun', pane, start: begun.start, at: Date.now() });
      this.#follow(pane, begun.chat);
    } catch (error) {
      this.#store.dispatch(refusalOf(error, pane, text));
    }
  }

  #measure(pane: number): void {
    const ms = this.#chats[pane]?.rttMs;
    if (ms !== undefined && this.#store.read().panes[pane]?.chat.phase === 'chat') {
      this.#store.dispatch({ kind: 'round-trip', pane, ms });
    }
  }

  /** Handles errors of the output. The listener is never removed, because writing after the end can fail, too. */
  watchOutput(): void {
    this.#stdout.on('error', this.#onGone);
  }

  readonly #onGone = (): void => {
    // SIGHUP may follow. Without a listener it would end the process before the chats have ended.
    process.on('SIGHUP', ignore);
    clearTimeout(this.#goneTimer);
    this.#goneTimer = setTimeout(() => process.exit(signals.SIGHUP), GONE_MS);
    this.#goneTimer.unref();
    this.#end(signals.SIGHUP);
  };

  /** Draws the screen. Resolves when the screen has closed and the terminal is restored. */
  async draw(): Promise<void> {
    const keyboard = this.#openKeyboard();
    const jobControl = watchJobControl({
      onStop: () => this.#effects.run({ kind: 'suspend' }),
      onContinue: () => this.#effects.renew(),
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
    // Later frames are drawn from a timer, where nobody catches what Ink throws. The terminal must be restored before
    // Node prints the error.
    process.prependListener('uncaughtException', onBug);
    try {
      await this.#untilClosed(drawn, keyboard);
    } finally {
      this.#isDrawn = false;
      jobControl.close();
      keyboard.close();
      unwatch();
      // The chats have ended in time.
      clearTimeout(this.#goneTimer);
      process.off('uncaughtException', onBug);
    }
  }

  #openKeyboard(): Keyboard {
    return openKeyboard({
      stdin: this.#stdin,
      stdout: this.#stdout,
      // On the ordinary screen the wheel must keep scrolling the terminal's own history.
      mouse: this.#settings.mouse && this.#settings.altScreen,
      onStroke: (stroke) => {
        this.#tell(this.#attention.onStroke(stroke, performance.now()));
        for (const one of pressedStrokes(this.#store.read(), stroke)) {
          this.#store.dispatch({ kind: 'stroke', stroke: one });
        }
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
            this.#effects.attach({ suspend, lend, stop, stdin: this.#stdin, stdout: this.#stdout });
            void this.#loadLazyViews();
          }}
        />
      </LookContext>,
      {
        stdin: this.#stdin,
        stdout: this.#stdout,
        alternateScreen: this.#settings.altScreen,
        exitOnCtrlC: false,
        incrementalRendering: true,
        // Otherwise Ink would draw nothing if CI is set, as in many containers.
        interactive: true,
        // With a screen reader, lines are shown instead of this screen.
        isScreenReaderEnabled: false,
        maxFps: MAX_FPS,
        // We never write to the console. Output of others must not vanish with the alternate screen.
        patchConsole: false,
      },
    );
  }

  async #loadLazyViews(): Promise<void> {
    try {
      const lazyViews = await import('./lazy-views.ts');
      this.#attention.fileNews = lazyViews.fileNews;
      this.#effects.runCommandEffect = lazyViews.runCommandEffect;
      this.#store.dispatch({ kind: 'loaded', lazyViews });
    } catch (error) {
      this.#closing.reject(error);
    }
  }

  #followWindow(drawn: Instance): () => void {
    return watchWindow(this.#stdout, {
      // Runs after Ink's own listener, which draws the old layout at the new size. That is cleared, and everything is
      // drawn again.
      onResize: (size) => {
        if (!this.#effects.isLent) {
          drawn.clear();
          this.#stdout.write(home);
        }
        this.#store.dispatch({ kind: 'resize', ...size });
      },
      onSettled: () => this.#effects.run({ kind: 'redraw' }),
    });
  }

  async #untilClosed(drawn: Instance, keyboard: Keyboard): Promise<void> {
    const exit = drawn.waitUntilExit();
    await Promise.race([this.#closing.promise, exit]);
    await this.#effects.takeBack();
    await Promise.race([keyboard.answered, exit]);
    this.#isDrawn = false;
    keyboard.close();
    drawn.unmount();
    await exit;
  }

  /** Writes sequences that move no cursor, if the terminal is ours at the moment. */
  #tell(sequences: string): void {
    if (this.#isDrawn && !this.#effects.isLent && sequences !== '') {
      this.#stdout.write(sequences);
    }
  }

  /** Writes how the chats ended. */
  async writeClosingText(): Promise<void> {
    const { closingText } = await import('../pane/closing-text.ts');
    const { columns } = sizeOf(this.#stdout);
    const chats = this.#store.read().panes.flatMap(({ past, chat }) => past.concat(chat));
    const texts = chats.map((chat) => closingText(chat, this.#stdout, columns));
    // The two sides of one chat may give the same text, which is written once. Without the alternate screen, the last
    // frame ends without a newline.
    this.#stdout.write((this.#settings.altScreen ? '' : '\n') + [...new Set(texts)].join('\n'));
  }
}

function ignore(): void {}
