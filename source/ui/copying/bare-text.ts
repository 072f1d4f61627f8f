/** The text of messages alone, as it is copied: without times, marks, margins and breaks into rows. */
import { safeText } from '../../text/safe-text.ts';
import { trimEndOf } from '../../text/trim-end.ts';
import { nameText } from '../text/peer-name.ts';
import { inviteCommand } from '../text/wording.ts';
import type { ChatState } from '../conversation/chat-state.ts';
import type { Entry, MessageEntry } from '../conversation/entries/entries.ts';
import type { EntryList } from '../conversation/entries/entry-list.ts';

/**
 * Bounds the bare view (UTF-16 units): about a thousand messages. Laying them
 * out takes some ten ms.
 */
const MAX_VIEW_LENGTH = 200_000;

/**
 * What the bare view shows: the line to pass on while there is no peer yet, and
 * the messages up to the entry `until`, where the screen is scrolled back to.
 */
export function viewText({ invite, connection, transcript }: ChatState, until?: number): string {
  const { entries } = transcript;
  const last = until === undefined ? entries.length - 1 : until - (entries.at(0)?.key ?? 0);
  const messages = lastMessages(entries, Infinity, MAX_VIEW_LENGTH, last);
  const line = invite !== undefined && connection === undefined ? [safeText(inviteCommand(invite))] : [];
  const said = messages.length === 0 ? [] : [bareText(messages, connection?.peerName ?? 'peer')];
  return [...line, ...said].join('\n').replaceAll('\t', '    ');
}

/**
 * The last `count` messages up to the entry at index `last`, oldest first;
 * fewer if there are not so many, or if these are longer than `enough` already
 * (in UTF-16 units).
 */
export function lastMessages(
  entries: EntryList<Entry>,
  count: number,
  enough: number,
  last = entries.length - 1,
): readonly MessageEntry[] {
  const messages: MessageEntry[] = [];
  let length = 0;
  for (let index = last; index >= 0 && messages.length < count && length <= enough; index--) {
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
