import { formatEndpoint } from '../network/endpoint.ts';
import type { Attempt } from './conversation/chat-state.ts';
import { type Line, type Piece, plain, spinner, styled } from './text/line.ts';
import { padText, widthOf } from './text/text-layout.ts';
import { durationText, outcomeWords } from './text/wording.ts';

/** What was dialled and how it ended, latest first, in at most `rows` lines. */
export function attemptLines(attempts: readonly Attempt[], columns: number, rows: number): Line[] {
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
