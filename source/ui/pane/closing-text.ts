/** The text about a chat on the ordinary screen, after the chat's screen has closed. */
import { styleText } from 'node:util';
import { formatEndpoint } from '../../network/endpoint.ts';
import { safeText } from '../../text/safe-text.ts';
import type { Attempt, ChatState } from '../conversation/chat-state.ts';
import { failureParts, triesRows } from '../ending/failure-parts.ts';
import { undeliveredText } from '../friend/friend-text.ts';
import { nameText } from '../text/peer-name.ts';
import { padText, widthOf, wrapText } from '../text/text-layout.ts';
import { countText, durationText, isEncrypted } from '../text/wording.ts';
import { outcomeWords } from '../text/way-wording.ts';

/** A summary in one sentence, or the failure and the attempts that led to it. Ends with a newline. */
export function closingText(chat: ChatState, stdout: NodeJS.WritableStream, columns: number): string {
  const isOpened = chat.connection !== undefined;
  const isFine = chat.ended?.reason === 'quit' || chat.ended?.reason === 'interrupted';
  if (isFine || (isOpened && chat.ended?.reason === 'peer-left')) {
    return `${wrapText(summaryText(chat), columns).join('\n')}\n`;
  }
  function bold(text: string): string {
    return styleText('bold', text, { stream: stdout });
  }
  const { verdict, tries, message, details } = failureParts(chat);
  function wrapped(text: string): string {
    return wrapText(safeText(text), columns).join('\n');
  }
  const blocks = [
    bold(wrapped(verdict)),
    triesRows(tries, columns).join('\n'),
    wrapped(message),
    attemptsText(chat.attempts, columns),
    wrapped(details),
    isOpened ? wrapText(summaryText(chat), columns).join('\n') : '',
  ];
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}

function summaryText(chat: ChatState): string {
  const { connection, ended, sent, delivered, received } = chat;
  const waiting = ended?.waitsFor === undefined ? '' : ` ${undeliveredText(ended)}.`;
  if (connection === undefined) {
    return `Left before there was a connection.${waiting}`;
  }
  const name = nameText(connection.peerName);
  const what = ended?.reason === 'peer-left' ? `${name} has left` : `Chat with ${name} ended`;
  const duration = durationText(Math.max(0, (ended?.at ?? connection.since) - connection.since));
  // The classic protocol acknowledges nothing.
  const lacking = isEncrypted(connection) ? sent - delivered : 0;
  const missing = lacking === 0 || waiting !== '' ? '' : ` (${lacking} not delivered)`;
  const path = `path ${connection.path}${isEncrypted(connection) ? '' : ', NOT ENCRYPTED'}`;
  const messages = `${countText(sent, 'message')} sent${missing}, ${received} received`;
  return `${what} after ${duration}, ${path}: ${messages}${filesText(chat.files)}.${waiting}`;
}

function filesText({ sent, received }: ChatState['files']): string {
  return sent + received === 0 ? '' : `; ${countText(sent, 'file')} sent, ${received} received`;
}

/**
 * Lists each endpoint once, with the number of its dials by outcome: in the
 * same row, or below it if there is no room.
 */
function attemptsText(attempts: readonly Attempt[], columns: number): string {
  const outcomes = new Map<string, Map<string, number>>();
  for (const attempt of attempts.toReversed()) {
    const place = `${padText(attempt.kind, 10)} ${formatEndpoint(attempt)}`;
    const counts = outcomes.get(place) ?? new Map<string, number>();
    const words = attempt.outcome === 'started' ? outcomeWords.abandoned : outcomeWords[attempt.outcome];
    outcomes.set(place, counts.set(words, (counts.get(words) ?? 0) + 1));
  }
  const width = Math.max(0, ...[...outcomes.keys()].map((place) => widthOf(place)));
  const lists = [...outcomes.values()].map((counts) =>
    [...counts].map(([words, count]) => (count === 1 ? words : `${count} × ${words}`)).join(', '),
  );
  const isTable = 4 + width + Math.max(0, ...lists.map((list) => widthOf(list))) <= columns;
  const lines = [...outcomes.keys()].flatMap((place, index) => {
    const list = lists[index] ?? '';
    if (isTable) {
      return `  ${padText(place, width)}  ${list}`;
    }
    const below = wrapText(list, columns - 4).map((row) => `    ${row}`);
    return wrapText(place, columns).concat(below);
  });
  return lines.length === 0 ? '' : `Tried:\n${lines.join('\n')}`;
}
