import type { Readable, Writable } from 'node:stream';
import type { Chat } from '../../events.ts';
import { createTextLines } from '../../core/text-lines.ts';

export interface TypedLinesOptions {
  readonly input: Readable;
  /** Where the messages are shown: while nobody reads there, none are typed. */
  readonly output: Writable;
  readonly chat: Chat;
  /** Whether `/quit` leaves and `//` stands for a slash; otherwise every line is a message, verbatim. */
  readonly commands: boolean;
  /** Takes further commands, where there are any: whether the line was one. */
  readonly onCommand?: ((line: string) => boolean) | undefined;
  /** Whether the end of the input is the end of the chat. */
  readonly endsChat: boolean;
  /** Whether `/quit` comes from a script, which wants what it said before to arrive, and not from a person. */
  readonly scripted: boolean;
}

/** Sends the lines of an input as messages, no faster than they can be kept, until it or the chat ends. */
export async function sendTypedLines(options: TypedLinesOptions): Promise<void> {
  const { input, output, chat, commands, onCommand, endsChat, scripted } = options;
  const lines = createTextLines();
  let sent = 0;
  let over = false;
  const stop = () => {
    over = true;
    input.destroy();
  };
  const unsubscribe = chat.subscribe(({ event }) => {
    if (event === 'ended') stop();
  });
  const send = async (texts: readonly string[]) => {
    for (const text of texts) {
      if (over) return;
      if (onCommand?.(text) === true) continue;
      if (commands && text === '/quit') {
        stop();
        if (scripted && sent > 0) chat.finish();
        else chat.leave();
        return;
      }
      chat.send(commands && text.startsWith('//') ? text.slice(1) : text);
      sent += 1;
      await chat.writable();
      await drained(output);
    }
  };
  try {
    for await (const chunk of input as AsyncIterable<Uint8Array>) await send(lines.push(chunk));
    await send(lines.end());
  } catch (error) {
    // An input that we closed, or that broke, as a terminal does that goes away: either is its end.
    if (!over && error !== input.errored) throw error;
  }
  unsubscribe();
  if (endsChat && !over) chat.finish();
}

async function drained(output: Writable): Promise<void> {
  if (!output.writableNeedDrain || output.destroyed) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      for (const event of ['drain', 'error', 'close']) output.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'error', 'close']) output.on(event, done);
  });
}
