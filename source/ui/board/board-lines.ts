/** A text with a head and a foot that stay, and a body that scrolls, as lines of a terminal. */
import { emptyLine, type Line, plain, styled } from '../text/line.ts';
import { truncateText, wrapText } from '../text/text-layout.ts';

/** Its texts are safe for a terminal. */
export interface BoardPart {
  readonly head: readonly string[];
  readonly body: readonly string[];
  readonly foot: readonly string[];
}

export interface LaidOutBoard {
  readonly lines: readonly Line[];
  /** The highest number of rows that can be scrolled away. */
  readonly last: number;
  /** Rows of the body in view. */
  readonly visible: number;
}

/** `top` rows of the body are scrolled away. */
export function layOutBoard(
  { body, foot, head }: BoardPart,
  top: number,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): LaidOutBoard {
  const above = head.flatMap((text) => wrapText(text, columns));
  const below = foot.flatMap((text) => wrapText(text, columns));
  // On a terminal that is too low, the body comes first.
  const room = Math.max(0, rows - 2);
  const headRows = above.slice(0, room);
  const footRows = below.slice(0, Math.max(0, room - headRows.length));
  const visible = Math.max(1, rows - 1 - headRows.length - footRows.length);
  const last = Math.max(0, body.length - visible);
  const from = Math.min(top, last);
  const shown = body.slice(from, from + visible);
  const more = last === 0 ? '' : ` · rows ${from + 1} to ${from + shown.length} of ${body.length}`;
  return {
    last,
    visible,
    lines: [
      ...headRows.map((text): Line => [styled('strong', text)]),
      ...shown.map((text): Line => [plain(truncateText(text, columns))]),
      ...Array.from({ length: visible - shown.length }, () => emptyLine),
      ...footRows.map((text): Line => [styled('dim', text)]),
      [styled('dim', truncateText(`${last === 0 ? '' : '↑↓ scroll · '}q quit${more}`, columns))],
    ],
  };
}

/** How many rows are scrolled away after a key. */
export function stepBoard(
  top: number,
  key: 'upArrow' | 'downArrow' | 'pageUp' | 'pageDown' | 'home' | 'end' | undefined,
  { last, visible }: Pick<LaidOutBoard, 'last' | 'visible'>,
): number {
  const steps = {
    upArrow: -1,
    downArrow: 1,
    pageUp: -visible,
    pageDown: visible,
    home: -Infinity,
    end: Infinity,
  };
  const from = Math.min(top, last);
  return key === undefined ? from : Math.min(last, Math.max(0, from + steps[key]));
}
