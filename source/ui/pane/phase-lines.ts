import { formatEndpoint } from '../../network/endpoint.ts';
import { safeText } from '../../text/safe-text.ts';
import type { ChatState, Attempt } from '../conversation/chat-state.ts';
import {
  emptyLine,
  factLines,
  fitRows,
  type Line,
  plain,
  spinner,
  styled,
  type Piece,
} from '../text/line.ts';
import { wrapText, padText, widthOf } from '../text/text-layout.ts';
import { inviteCommand, durationText, outcomeWords } from '../text/wording.ts';

/** The rows of a pane until its chat opens: invite, rendezvous and attempts, at most `rows`. */
export function phaseLines(chat: ChatState, columns: number, rows: number): readonly Line[] {
  const room = columns - 2;
  if (chat.phase === 'waiting') {
    return indent(fitRows([...inviteLines(chat, room), ...facts(chat, room)], rows));
  }
  if (chat.phase === 'connecting') {
    const head = [spinner, plain(` Connecting to the rendezvous ${safeText(chat.server ?? '')}`)];
    // The invite is known if a rendezvous was lost while we waited, and the user may be reading it out at this
    // moment.
    const invite = chat.invite === undefined ? [] : inviteLines(chat, room);
    return indent(fitRows([emptyLine, head, ...invite], rows));
  }
  if (chat.phase === 'ended') {
    return indent(fitRows([emptyLine, ...facts(chat, room)], rows));
  }
  const head = [spinner, styled('strong', ` ${punchingText(chat)}`)];
  const known = fitRows([emptyLine, head, emptyLine, ...facts(chat, room), emptyLine], rows);
  return indent([...known, ...attemptLines(chat.attempts, room, rows - known.length)]);
}

function indent(lines: readonly Line[]): readonly Line[] {
  return lines.map((line) => (line.length === 0 ? line : [plain(' '), ...line]));
}

function punchingText({ round }: ChatState): string {
  return round === undefined ? 'Punching through' : `Punching through, attempt ${round.n}/${round.of}`;
}

/** The command to pass on is on a line of its own, so that a triple click selects only that. */
function inviteLines({ invite }: ChatState, columns: number): Line[] {
  if (invite === undefined) {
    // There is no invite if the code was agreed beforehand, or if there is no code (classic).
    const how = 'Waiting for your friend, who has to start Punchline just as you did.';
    return [emptyLine, ...wrapText(how, columns).map((row): Line => [styled('strong', row)]), emptyLine];
  }
  const waiting = styled('strong', 'Waiting for your friend.');
  const indented = columns < 40 ? '' : '   ';
  const command = wrapText(safeText(inviteCommand(invite)), columns - indented.length);
  return [
    emptyLine,
    columns < 46 ? [styled('strong', 'Pass this on:')] : [waiting, plain(' Pass this line on:')],
    emptyLine,
    ...command.map((line): Line => [plain(indented), styled('me', line)]),
    emptyLine,
  ];
}

function facts(chat: ChatState, columns: number): Line[] {
  const lines: Line[] = [];
  if (chat.server !== undefined) {
    lines.push(...factLines('Rendezvous', safeText(chat.server), columns));
  }
  if (chat.mapped !== undefined) {
    lines.push(...factLines('This side', formatEndpoint(chat.mapped), columns));
  }
  for (const [index, candidate] of chat.candidates.entries()) {
    lines.push(
      ...factLines(index === 0 ? 'Peer' : '', `${formatEndpoint(candidate)} (${candidate.kind})`, columns),
    );
  }
  if (chat.connecting.plan !== undefined) {
    lines.push(...factLines('Plan', chat.connecting.plan.strategy, columns));
  }
  return lines;
}

/** The attempts with their outcomes, latest first, in at most `rows` lines. */
function attemptLines(attempts: readonly Attempt[], columns: number, rows: number): Line[] {
  const shown = attempts.slice(0, attempts.length <= rows ? rows : Math.max(0, rows - 1));
  const width = Math.max(0, ...shown.map((attempt) => widthOf(formatEndpoint(attempt))));
  const lines = shown.map((attempt): Line => {
    const mark = attempt.outcome === 'started' ? spinner : outcomeMark(attempt);
    const time = attempt.outcome === 'started' ? '' : ` ${durationText(attempt.ms)}`;
    const words = `${outcomeWords[attempt.outcome]}${time}`;
    if (columns < width + 34) {
      return [mark, plain(` ${formatEndpoint(attempt)} ${words}`)];
    }
    const round = styled('dim', `  ${String(attempt.n).padStart(2)}  `);
    const where = plain(` ${padText(formatEndpoint(attempt), width)}  `);
    return [round, mark, where, styled('dim', padText(attempt.kind, 11)), plain(words)];
  });
  const hidden = attempts.length - shown.length;
  return hidden > 0 && rows > 0 ? [...lines, [styled('dim', `  and ${hidden} before`)]] : lines;
}

function outcomeMark({ outcome }: Attempt): Piece {
  return outcome === 'connected' ? styled('good', '✓') : styled('dim', '×');
}
