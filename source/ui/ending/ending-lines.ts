import { safeText } from '../../text/safe-text.ts';
import type { ChatState } from '../conversation/chat-state.ts';
import { emptyLine, type Line, plain, styled } from '../text/line.ts';
import type { StyleName } from '../text/styles.ts';
import { wrapText } from '../text/text-layout.ts';
import { countText } from '../text/wording.ts';

/** Why there was no connection, and what can be done. One column stays free at each side. */
export function endingLines({ error, sent }: ChatState, columns: number): readonly Line[] {
  const room = Math.max(1, columns - 2);
  function paragraph(text: string, style?: StyleName): readonly Line[] {
    const rows = text === '' ? [] : wrapText(safeText(text), room);
    const lines = rows.map((row): Line => [
      plain(' '),
      style === undefined ? plain(row) : styled(style, row),
    ]);
    return lines.length === 0 ? [] : [emptyLine, ...lines];
  }
  const unsent = sent === 0 ? '' : `${countText(sent, 'message was', 'messages were')} not sent.`;
  return [
    ...paragraph(error?.message ?? 'Your friend left before there was a connection.', 'bad'),
    ...paragraph(error?.hint ?? ''),
    ...paragraph(unsent, 'accent'),
  ];
}
