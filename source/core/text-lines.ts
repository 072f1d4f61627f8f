import { maxTextBytes } from '../protocol/chat-messages.ts';

export interface TextLines {
  /** The lines that are complete with these bytes. */
  push(chunk: Uint8Array): string[];
  /** What was left without a newline, at the end of the input. */
  end(): string[];
}

/**
 * Cuts typed or piped text into messages, one a line, verbatim. A line that is
 * longer than a message may be is sent in several, so that nothing is lost.
 */
export function createTextLines(): TextLines {
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  let pending = '';

  const take = (text: string): string[] => {
    pending += text;
    const lines = pending.split('\n');
    pending = lines.pop() ?? '';
    const messages = lines.flatMap((line) => pieces(line.endsWith('\r') ? line.slice(0, -1) : line));
    // One message may wait for its newline, more may not; a carriage return waits to see whether that follows.
    const carriage = pending.endsWith('\r') ? '\r' : '';
    const early = pieces(pending.slice(0, pending.length - carriage.length));
    pending = `${early.pop() ?? ''}${carriage}`;
    return [...messages, ...early];
  };

  return {
    push: (chunk) => take(utf8.decode(chunk, { stream: true })),
    end: () => {
      const messages = take(utf8.decode());
      const rest = pending === '' ? [] : pieces(pending);
      pending = '';
      return [...messages, ...rest];
    },
  };
}

/** A text in parts of at most 64 KiB of UTF-8, cut between code points; at least one part. */
function pieces(text: string): string[] {
  if (Buffer.byteLength(text) <= maxTextBytes) return [text];
  const parts: string[] = [];
  let start = 0;
  let bytes = 0;
  let at = 0;
  for (const character of text) {
    const size = Buffer.byteLength(character);
    if (bytes + size > maxTextBytes) {
      parts.push(text.slice(start, at));
      start = at;
      bytes = 0;
    }
    bytes += size;
    at += character.length;
  }
  return [...parts, text.slice(start)];
}
