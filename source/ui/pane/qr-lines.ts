import { encode } from 'uqr';
import type { ChatState } from '../conversation/chat-state.ts';
import { type Line, plain, styled } from '../text/line.ts';
import { wrapText } from '../text/text-layout.ts';

/**
 * The white border, in modules. The standard (ISO 18004) asks for four. Cameras
 * can read a code with two, and rows are scarce.
 */
const BORDER = 2;

/**
 * `/qr`: the invite as a QR code, two modules per row. If there is no invite,
 * or not enough room, a sentence that says so.
 */
export function qrLines({ invite, connection }: ChatState, columns: number, rows: number): readonly Line[] {
  function say(text: string): Line[] {
    return wrapText(text, columns).map((row) => [plain(row)]);
  }
  if (connection !== undefined) {
    return say('Your friend is here already: the invite has been used.');
  }
  if (invite === undefined) {
    return say('This side has no invite to show.');
  }
  const { data, size } = encode(invite, { ecc: 'L', border: BORDER });
  const neededRows = Math.ceil(size / 2);
  if (size > columns || neededRows > rows) {
    return say(
      `The QR code needs ${size} columns and ${neededRows} rows, but there are only ${columns} and ${rows}. Make the window larger or its letters smaller.`,
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
