/**
 * Hands a terminal's keys on one by one. ink-text-input takes all keys of one
 * read for one key: a Backspace that comes in the same read as a text would be
 * lost.
 */
import { PassThrough } from 'node:stream';
import { Utf8Reader } from '../../text/utf8-reader.ts';
import { setRawMode } from './raw-terminal.ts';

/** A stream of single keys in place of a terminal. */
export interface SingleKeys {
  /** The stream that Ink reads instead of the terminal. */
  readonly stream: NodeJS.ReadStream;
  /** Gives the terminal back. Keys that were not read yet are put back into its stream. */
  readonly close: () => void;
}

/** A run of text, an escape sequence (CSI, SS3, or one key with Alt), or one control character. */
// oxlint-disable-next-line no-control-regex -- keys are control characters
const keys = /[^\u0000-\u001F\u007F]+|\u001B(?:\[[0-?]*[ -/]*[@-~]|O.|[^[O])|[^]/gu;

/** What a terminal sends around a paste, if it was asked to (DECSET 2004). */
const pasteStart = '\u001B[200~';
const pasteEnd = '\u001B[201~';

/**
 * What is pasted becomes one line: a line end in it is none of the user's Enter,
 * and other keys in it are none of theirs at all.
 */
function pastedText(key: string): readonly string[] {
  // oxlint-disable-next-line no-control-regex -- keys are control characters
  return /^[\t\n\r]$/.test(key) ? [' '] : /^[\u0000-\u001F\u007F]/.test(key) ? [] : [key];
}

/**
 * `take` is called with each key, and returns true if it has handled the key. Such a key is not handed on to Ink.
 * `onBroken` is called once, if bytes come that are not UTF-8.
 */
export function openSingleKeys(
  stdin: NodeJS.ReadStream,
  take: (key: string) => boolean,
  onBroken: () => void,
): SingleKeys {
  const reader = new Utf8Reader();
  let hasToldBroken = false;
  const waiting: string[] = [];
  let isPasting = false;
  let turn: NodeJS.Immediate | undefined;
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => setRawMode(stdin, isRaw),
    ref: () => stdin.ref(),
    unref: () => stdin.unref(),
  }) as unknown as NodeJS.ReadStream & PassThrough;
  function next(): void {
    turn = undefined;
    const key = waiting.shift();
    if (key !== undefined) {
      if (!take(key)) {
        stream.write(key);
      }
      // Ink needs a turn of the event loop to draw and to listen again before it gets the next key.
      turn = setImmediate(next);
    }
  }
  function onData(chunk: Buffer | string): void {
    const text = typeof chunk === 'string' ? chunk : reader.read(chunk);
    if (reader.isBroken && !hasToldBroken) {
      hasToldBroken = true;
      onBroken();
    }
    for (const key of text.match(keys) ?? []) {
      if (key === pasteStart || key === pasteEnd) {
        isPasting = key === pasteStart;
      } else {
        waiting.push(...(isPasting ? pastedText(key) : [key]));
      }
    }
    turn ??= setImmediate(next);
  }
  function onEnd(): void {
    stream.end();
  }
  stdin.on('data', onData);
  stdin.on('end', onEnd);
  // A screen may have been there before, which has paused it.
  stdin.ref();
  stdin.resume();
  return {
    stream,
    close: () => {
      clearImmediate(turn);
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      stdin.pause();
      if (waiting.length > 0) {
        stdin.unshift(waiting.join(''));
      }
    },
  };
}
