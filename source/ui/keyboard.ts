import { performance } from 'node:perf_hooks';
import { enterRawMode, setUpKeyboard } from './raw-terminal.ts';
import { maxDraftLength } from './step-composer.ts';
import type { Stroke } from './stroke.ts';
import { StrokeDecoder } from './stroke-decoder.ts';

/** The terminal's answer to the question for the kitty keyboard protocol. */
// oxlint-disable-next-line no-control-regex -- an escape sequence begins with ESC
const kittyReply = /^\u001B\[\?\d+u$/;

export interface Keyboard {
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
  const decoder = new StrokeDecoder({ maxPaste: maxDraftLength });
  let timer: NodeJS.Timeout | undefined;
  enterRawMode(stdin);
  const terminal = setUpKeyboard(stdout, { mouse });

  const take = (strokes: readonly Stroke[]): void => {
    for (const stroke of strokes) {
      if ('reply' in stroke && kittyReply.test(stroke.reply)) {
        terminal.useKittyKeys();
      }
      onStroke(stroke);
    }
    clearTimeout(timer);
    const { patienceMs } = decoder;
    timer = patienceMs === undefined ? undefined : setTimeout(() => take(decoder.flush()), patienceMs);
  };
  const onData = (chunk: Buffer | string): void => take(decoder.push(chunk, performance.now()));
  const listen = (): void => {
    stdin.on('data', onData);
    stdin.ref();
    stdin.resume();
  };
  const unlisten = (): void => {
    clearTimeout(timer);
    stdin.off('data', onData);
    stdin.pause();
    stdin.unref();
  };
  stdin.on('end', onGone);
  // A terminal that goes away breaks the read; without a listener that would be a bug of ours.
  stdin.on('error', onGone);
  listen();
  return {
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
      stdin.off('end', onGone);
      terminal.off();
      stdin.setRawMode(false);
    },
  };
}
