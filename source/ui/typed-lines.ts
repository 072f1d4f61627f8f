import type { Readable } from 'node:stream';
import type { Chat } from '../events.ts';
import { createTextLines } from '../core/text-lines.ts';

export interface TypedLinesOptions {
  readonly input: Readable;
  readonly chat: Chat;
  /** Whether `/quit` leaves and `//` stands for a slash; otherwise every line is a message, verbatim. */
  readonly commands: boolean;
  /** Whether the end of the input is the end of the chat. */
  readonly endsChat: boolean;
}

/** Sends the lines of an input as messages, no faster than they can be kept, until it or the chat ends. */
export async function sendTypedLines({ input, chat, commands, endsChat }: TypedLinesOptions): Promise<void> {
  const lines = createTextLines();
  const unsubscribe = chat.subscribe(({ event }) => {
    if (event === 'ended') input.destroy();
  });
  const send = async (texts: readonly string[]) => {
    for (const text of texts) {
      if (commands && text === '/quit') chat.leave();
      else chat.send(commands && text.startsWith('//') ? text.slice(1) : text);
      await chat.writable();
    }
  };
  try {
    for await (const chunk of input as AsyncIterable<Uint8Array>) await send(lines.push(chunk));
    await send(lines.end());
    if (endsChat) chat.finish();
  } catch (error) {
    // The chat ended first and closed the input, or the terminal went away: nothing more is typed.
    if (!input.destroyed) throw error;
  } finally {
    unsubscribe();
  }
}
