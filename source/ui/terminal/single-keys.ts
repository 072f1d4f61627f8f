/**
 * A terminal's keys, one a read. ink-text-input takes every key of one read for
 * the first: a correction that comes in the same read as the text loses it.
 */
import { PassThrough } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

export interface SingleKeys {
  /** For Ink, in the terminal's place. */
  readonly stream: NodeJS.ReadStream;
  /** Gives the terminal back, with what nobody has read yet. */
  readonly close: () => void;
}

/** A run of text, an escape sequence (CSI, SS3, or one key with Alt), or one control character. */
// oxlint-disable-next-line no-control-regex -- keys are control characters
const keys = /[^\u0000-\u001F\u007F]+|\u001B(?:\[[0-?]*[ -/]*[@-~]|O.|[^[O])|[^]/gu;

/** `take`: what is a key of ours goes no further. */
export function openSingleKeys(stdin: NodeJS.ReadStream, take: (key: string) => boolean): SingleKeys {
  const decoder = new StringDecoder('utf8');
  const waiting: string[] = [];
  let turn: NodeJS.Immediate | undefined;
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (mode: boolean) => stdin.setRawMode(mode),
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
      // Ink has drawn, and listens anew, when the next one comes.
      turn = setImmediate(next);
    }
  }
  function onData(chunk: Buffer | string): void {
    const text = typeof chunk === 'string' ? chunk : decoder.write(chunk);
    waiting.push(...(text.match(keys) ?? []));
    turn ??= setImmediate(next);
  }
  function onEnd(): void {
    stream.end();
  }
  stdin.on('data', onData);
  stdin.on('end', onEnd);
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
