import { performance } from 'node:perf_hooks';
import { setRawMode, setUpKeyboard } from './raw-terminal.ts';
import { MAX_DRAFT_LENGTH } from '../composer/step-composer.ts';
import type { Stroke } from './stroke.ts';
import { StrokeDecoder } from './stroke-decoder.ts';

/** The terminal's answer when it is asked whether it speaks the kitty keyboard protocol. */
// oxlint-disable-next-line no-control-regex -- an escape sequence begins with ESC
const kittyReply = /^\u001B\[\?\d+u$/;

/** The terminal's answer to the last query. */
// oxlint-disable-next-line no-control-regex -- an escape sequence begins with ESC
const lastReply = /^\u001B\[\?[\d;]+c$/;
/**
 * Bounds how long a program that ends at once waits for the last answer. It is
 * longer than the round trip of any line except a satellite's.
 */
const ANSWER_MS = 1000;

/** The keys of a terminal that is in raw mode. */
export interface Keyboard {
  /**
   * Resolves when no more answers of the terminal are expected. An answer that
   * came after the end of the program would be typed into the shell.
   */
  readonly answered: Promise<void>;
  /** Gives keyboard and terminal to another program until the promise of `use` has settled. */
  readonly lend: (use: () => Promise<void>) => Promise<void>;
  /** Restores the terminal. */
  readonly close: () => void;
}

export interface KeyboardOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Whether turns of the wheel are reported as strokes. */
  readonly mouse: boolean;
  readonly onStroke: (stroke: Stroke) => void;
  /** The terminal was closed. */
  readonly onGone: () => void;
}

/**
 * Reads a terminal's keys. It starts before anything is drawn, so that no key
 * that the user types is lost or echoed.
 */
export function openKeyboard({ stdin, stdout, mouse, onStroke, onGone }: KeyboardOptions): Keyboard {
  // A paste that is longer than a draft is counted, but the part beyond the bound is not kept.
  const decoder = new StrokeDecoder({ maxPaste: MAX_DRAFT_LENGTH });
  let timer: NodeJS.Timeout | undefined;
  setRawMode(stdin, true);
  const terminal = setUpKeyboard(stdout, { mouse });
  const answered = Promise.withResolvers<void>();
  const answerTimer = setTimeout(answered.resolve, terminal.isAsked ? ANSWER_MS : 0);

  function take(strokes: readonly Stroke[]): void {
    for (const stroke of strokes) {
      if ('reply' in stroke && kittyReply.test(stroke.reply)) {
        terminal.useKittyKeys();
      }
      if ('reply' in stroke && lastReply.test(stroke.reply)) {
        answered.resolve();
      }
      onStroke(stroke);
    }
    clearTimeout(timer);
    const { flushAfterMs } = decoder;
    timer = flushAfterMs === undefined ? undefined : setTimeout(() => take(decoder.flush()), flushAfterMs);
  }
  function onData(chunk: Buffer | string): void {
    return take(decoder.push(chunk, performance.now()));
  }
  function listen(): void {
    stdin.on('data', onData);
    stdin.ref();
    stdin.resume();
  }
  function unlisten(): void {
    clearTimeout(timer);
    stdin.off('data', onData);
    stdin.pause();
    stdin.unref();
  }
  function onEnd(): void {
    answered.resolve();
    onGone();
  }
  stdin.on('end', onEnd);
  // If the terminal goes away, reading fails. Without a listener the error would count as a bug of ours.
  stdin.on('error', onEnd);
  listen();
  return {
    answered: answered.promise,
    lend: async (use) => {
      unlisten();
      terminal.off();
      setRawMode(stdin, false);
      try {
        await use();
      } finally {
        setRawMode(stdin, true);
        terminal.on();
        listen();
      }
    },
    close: () => {
      unlisten();
      clearTimeout(answerTimer);
      stdin.off('end', onEnd);
      terminal.off();
      setRawMode(stdin, false);
    },
  };
}
