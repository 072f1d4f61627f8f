import { encode } from 'uqr';
import type { ChatState } from '../conversation/chat-state.ts';
import { type Line, plain, styled } from '../text/line.ts';
import { wrapText } from '../text/text-layout.ts';

/** Modules of white around it. The standard (ISO 18004) wants four; cameras do with two, and rows are few. */
const BORDER = 2;

/** `/qr`: the invite for a camera, two modules a row; where that has no room, or there is none, a word why. */
export function qrLines({ invite, connection }: ChatState, columns: number, rows: number): readonly Line[] {
  function say(text: string): Line[] {
    return wrapText(text, columns).map((row) => [plain(row)]);
  }
  if (connection !== undefined) {
    return say('Your friend is here: the invite is used up.');
  }
  if (invite === undefined) {
    return say('There is no invite to show: this side has none to pass on.');
  }
  const { data, size } = encode(invite, { ecc: 'L', border: BORDER });
  const neededRows = Math.ceil(size / 2);
  if (size > columns || neededRows > rows) {
    return say(
      `The picture needs ${size} columns and ${neededRows} rows here, and there are ${columns} and ${rows}: make the window larger or its letters smaller.`,
    );
  }
  return Array.from({ length: neededRows }, (_, row): Line => {
    const [upper = [], lower = []] = [data[2 * row], data[2 * row + 1]];
    const cells = upper.map((isDark, column) => blockOf(isDark, lower[column] ?? false));
    return [styled('picture', cells.join(''))];
  });
}

function blockOf(isUpperDark: boolean, isLowerDark: boolean): string {
  if (isUpperDark) {
    return isLowerDark ? '█' : '▀';
  }
  return isLowerDark ? '▄' : ' ';
}
