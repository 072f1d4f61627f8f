import { performance } from 'node:perf_hooks';
import { enterRawMode, setUpKeyboard } from './raw-terminal.ts';
import { MAX_DRAFT_LENGTH } from '../composer/step-composer.ts';
import type { Stroke } from './stroke.ts';
import { StrokeDecoder } from './stroke-decoder.ts';

/** The terminal's answer to the question for the kitty keyboard protocol. */
// oxlint-disable-next-line no-control-regex -- an escape sequence begins with ESC
const kittyReply = /^\u001B\[\?\d+u$/;

/** The terminal's answer to the last question. */
// oxlint-disable-next-line no-control-regex -- an escape sequence begins with ESC
const lastReply = /^\u001B\[\?[\d;]+c$/;
/** Bounds how long a program that ends at once waits for it: longer than any line's round trip but a satellite's. */
const ANSWER_MS = 1000;

export interface Keyboard {
  /**
   * Resolves when no answer of the terminal can come any more, or none will:
   * one that comes after the end would be typed into the shell.
   */
  readonly answered: Promise<void>;
  /** Gives keyboard and terminal to somebody else until `use` has settled. */
  readonly lend: (use: () => Promise<void>) => Promise<void>;
  /** The terminal is as before. */
  readonly close: () => void;
}

export interface KeyboardOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Whether the wheel comes as strokes. */
  readonly mouse: boolean;
  readonly onStroke: (stroke: Stroke) => void;
  /** The terminal has gone. */
  readonly onGone: () => void;
}

/** Reads a terminal's keys from now on, before anything is drawn: nothing that is typed is lost or echoed. */
export function openKeyboard({ stdin, stdout, mouse, onStroke, onGone }: KeyboardOptions): Keyboard {
  // What is longer than a draft is counted, but not kept.
  const decoder = new StrokeDecoder({ maxPaste: MAX_DRAFT_LENGTH });
  let timer: NodeJS.Timeout | undefined;
  enterRawMode(stdin);
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
    const { patienceMs } = decoder;
    timer = patienceMs === undefined ? undefined : setTimeout(() => take(decoder.flush()), patienceMs);
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
  // A terminal that goes away breaks the read; without a listener that would be a bug of ours.
  stdin.on('error', onEnd);
  listen();
  return {
    answered: answered.promise,
    lend: async (use) => {
      unlisten();
      terminal.off();
      stdin.setRawMode(false);
      try {
        await use();
      } finally {
        enterRawMode(stdin);
        terminal.on();
        listen();
      }
    },
    close: () => {
      unlisten();
      clearTimeout(answerTimer);
      stdin.off('end', onEnd);
      terminal.off();
      stdin.setRawMode(false);
    },
  };
}
