/** The text of messages alone, as it is copied: without times, marks, margins and breaks into rows. */
import { safeText } from '../../text/safe-text.ts';
import { trimEndOf } from '../../text/trim-end.ts';
import { nameText } from '../text/peer-name.ts';
import type { Entry, MessageEntry } from '../conversation/entries/entries.ts';
import type { EntryList } from '../conversation/entries/entry-list.ts';

/**
 * The last `count` messages, oldest first; fewer if there are not so many, or
 * if these are longer than `enough` already (in UTF-16 units).
 */
export function lastMessages(
  entries: EntryList<Entry>,
  count: number,
  enough: number,
): readonly MessageEntry[] {
  const messages: MessageEntry[] = [];
  let length = 0;
  for (let index = entries.length - 1; index >= 0 && messages.length < count && length <= enough; index--) {
    const entry = entries.at(index);
    if (entry?.kind === 'message') {
      messages.push(entry);
      length += entry.text.length;
    }
  }
  return messages.toReversed();
}

/**
 * The messages, each from a new line on. If both sides have written, a line
 * with the name is before the messages of each.
 */
export function bareText(messages: readonly MessageEntry[], peerName: string): string {
  const isOfBoth = messages.some(({ from }) => from !== messages[0]?.from);
  const lines: string[] = [];
  let before: MessageEntry['from'] | undefined;
  for (const { from, text } of messages) {
    if (isOfBoth && from !== before) {
      lines.push(`${from === 'me' ? 'you' : nameText(peerName)}:`);
      before = from;
    }
    lines.push(cleanText(text));
  }
  return lines.join('\n');
}

/** A text without control characters except tabs and newlines. A newline at the end would run it in a shell. */
function cleanText(text: string): string {
  const parts = text.split('\t').map((part) => safeText(part, { multiline: true }));
  return trimEndOf(parts.join('\t'), '\n');
}
