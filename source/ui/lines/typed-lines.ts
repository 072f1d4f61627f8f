import type { Readable, Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import type { Chat } from '../../events.ts';
import { Utf8Reader } from '../../text/utf8-reader.ts';
import { MAX_TEXT_BYTES } from '../../protocol/chat-messages.ts';
import { isTerminalGone } from '../terminal/terminal-gone.ts';

interface TypedLinesOptions {
  readonly input: Readable;
  /** The stream on which messages are shown. While it is not read, no lines are taken from the input. */
  readonly output: Writable;
  readonly chat: Chat;
  /** Whether `/quit` leaves, and `//` stands for a slash. If not, every line is a message as it is. */
  readonly commands: boolean;
  /** Runs further commands. Returns whether the line was one. */
  readonly onCommand?: ((line: string) => boolean) | undefined;
  /** Whether the end of the input ends the chat. */
  readonly endsChat: boolean;
  /** Whether the input is a script. Its `/quit` waits until all messages before it have arrived. */
  readonly scripted: boolean;
  /** The input was a terminal, which has gone. It is told instead of an end of the input. */
  readonly onTerminalGone?: () => void;
  /** Asked when the chat has ended: whether somebody else reads the input afterwards, so that it has to stay open. */
  readonly keepsInput?: (() => boolean) | undefined;
}

/** Sends the lines of an input as messages until it or the chat ends. Waits while too many messages are kept. */
export async function sendTypedLines(options: TypedLinesOptions): Promise<void> {
  const { input, output, chat, commands, onCommand, endsChat, scripted, onTerminalGone, keepsInput } =
    options;
  const lines = createTextLines(() => {
    chat.report({
      code: 'ERR_USAGE',
      message: 'the input is not UTF-8: each byte of another encoding is sent as �',
      hint: 'Set the terminal to UTF-8, or convert the file, for example with iconv.',
    });
  });
  let sent = 0;
  let over = false;
  const release = new AbortController();
  function stop() {
    over = true;
    input.destroy();
  }
  const unsubscribe = chat.subscribe(({ event }) => {
    if (event === 'ended' && keepsInput?.() === true) {
      over = true;
      release.abort();
    } else if (event === 'ended') {
      stop();
    }
  });
  async function send(texts: readonly string[]) {
    for (const text of texts) {
      if (over) {
        return;
      }
      if (onCommand?.(text) === true) {
        continue;
      }
      if (commands && text === '/quit') {
        stop();
        if (scripted && sent > 0) {
          chat.finish();
        } else {
          chat.leave();
        }
        return;
      }
      chat.send(commands && text.startsWith('//') ? text.slice(1) : text);
      sent += 1;
      await chat.writable();
      await drained(output);
    }
  }
  try {
    const chunks = keepsInput === undefined ? input : chunksOf(input, release.signal);
    for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
      await send(lines.push(chunk));
    }
    await send(lines.end());
  } catch (error) {
    // We may have closed the input, or it broke because its terminal is gone. Both are its end.
    if (!over && error !== input.errored) {
      throw error;
    }
  }
  unsubscribe();
  if (!over && isTerminalGone(input as Partial<ReadStream>)) {
    onTerminalGone?.();
  } else if (endsChat && !over) {
    chat.finish();
  }
}

/** Reads an input until it ends or the signal is aborted. Its own iterator would close it. Throws its error. */
async function* chunksOf(input: Readable, signal: AbortSignal): AsyncGenerator {
  while (!signal.aborted) {
    const chunk: unknown = input.read();
    if (chunk !== null) {
      yield chunk;
    } else if (input.errored !== null) {
      throw input.errored;
    } else if (input.readableEnded || input.destroyed) {
      return;
    } else {
      await news(input, signal);
    }
  }
}

/** Resolves when there is something to read, at the end of the input, or when the signal is aborted. */
async function news(input: Readable, signal: AbortSignal): Promise<void> {
  const names = ['readable', 'end', 'error', 'close'];
  await new Promise<void>((resolve) => {
    function done() {
      for (const name of names) {
        input.off(name, done);
      }
      signal.removeEventListener('abort', done);
      resolve();
    }
    for (const name of names) {
      input.on(name, done);
    }
    signal.addEventListener('abort', done);
  });
}

async function drained(output: Writable): Promise<void> {
  if (!output.writableNeedDrain || output.destroyed) {
    return;
  }
  await new Promise<void>((resolve) => {
    function done() {
      for (const event of ['drain', 'error', 'close']) {
        output.off(event, done);
      }
      resolve();
    }
    for (const event of ['drain', 'error', 'close']) {
      output.on(event, done);
    }
  });
}

interface TextLines {
  /** Returns the lines that are complete with these bytes. */
  push(chunk: Uint8Array): string[];
  /** Returns the rest at the end of the input, which has no newline. */
  end(): string[];
}

/**
 * Cuts a text into messages, one for each line, unchanged. A line that is too
 * long for one message becomes several, so that nothing is lost. `onBroken` is
 * called once if bytes come that are not UTF-8.
 */
export function createTextLines(onBroken?: () => void): TextLines {
  const typed = new Utf8Reader();
  let isTold = false;
  let pending = '';

  function tell(text: string): string {
    if (typed.isBroken && !isTold) {
      isTold = true;
      onBroken?.();
    }
    return text;
  }

  function take(text: string): string[] {
    pending += text;
    const lines = pending.split('\n');
    pending = lines.pop() ?? '';
    const messages = lines.flatMap((line) => pieces(line.endsWith('\r') ? line.slice(0, -1) : line));
    // Only the last message waits for its newline. A carriage return waits too, because it may be part of it.
    const carriage = pending.endsWith('\r') ? '\r' : '';
    const early = pieces(pending.slice(0, pending.length - carriage.length));
    pending = `${early.pop() ?? ''}${carriage}`;
    return [...messages, ...early];
  }

  return {
    push: (chunk) => take(tell(typed.read(chunk))),
    end: () => {
      const messages = take(tell(typed.end()));
      const rest = pending === '' ? [] : pieces(pending);
      pending = '';
      return [...messages, ...rest];
    },
  };
}

/** Cuts a text between code points into parts of at most 64 KiB of UTF-8. Returns at least one part. */
function pieces(text: string): string[] {
  if (Buffer.byteLength(text) <= MAX_TEXT_BYTES) {
    return [text];
  }
  const parts: string[] = [];
  let start = 0;
  let bytes = 0;
  let at = 0;
  for (const character of text) {
    const size = Buffer.byteLength(character);
    if (bytes + size > MAX_TEXT_BYTES) {
      parts.push(text.slice(start, at));
      start = at;
      bytes = 0;
    }
    bytes += size;
    at += character.length;
  }
  return [...parts, text.slice(start)];
}
