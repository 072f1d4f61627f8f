import { safeText } from '../../text/safe-text.ts';
import type { ChatState } from '../conversation/chat-state.ts';
import { emptyLine, type Line, plain, styled } from '../text/line.ts';
import type { StyleName } from '../text/styles.ts';
import { wrapText } from '../text/text-layout.ts';
import { asSentence, countText } from '../text/wording.ts';
import { undeliveredText } from '../friend/friend-text.ts';
import { failureParts, triesRows } from './failure-parts.ts';

/** Why there was no connection, what can be tried, and what else is known. One column stays free at each side. */
export function endingLines(chat: ChatState, columns: number): readonly Line[] {
  const room = Math.max(1, columns - 2);
  const { verdict, tries, message, details } = failureParts(chat);
  function paragraph(text: string, style?: StyleName): readonly Line[] {
    return block(text === '' ? [] : wrapText(safeText(text), room), style);
  }
  const { sent, ended } = chat;
  const waiting = ended?.waitsFor === undefined ? '' : `${undeliveredText(ended)}.`;
  const unsent = sent === 0 ? '' : `${countText(sent, 'message was', 'messages were')} not sent.`;
  return [
    ...paragraph(asSentence(verdict), 'bad'),
    ...block(triesRows(tries, room)),
    ...paragraph(asSentence(message)),
    ...paragraph(details),
    ...paragraph(waiting || unsent, 'accent'),
  ];
}

/** Below an empty row, with a free column before it. */
function block(rows: readonly string[], style?: StyleName): readonly Line[] {
  const lines = rows.map((row): Line => [plain(' '), style === undefined ? plain(row) : styled(style, row)]);
  return lines.length === 0 ? [] : [emptyLine, ...lines];
}
