import { widthOf } from '../text/text-layout.ts';

/** What further rows of a line begin with: no line of text begins so. */
export const indentation = '    ';

/**
 * Lines of text for a terminal of so many columns: what has no room in a row
 * goes on in an indented one. A terminal would go on in its first column, where
 * a row of spaces before them lets any words of the peer look like a line of
 * their own. A word that no row can hold, an address for example, stays whole.
 */
export function hangingText(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => (widthOf(line) <= columns ? line : hangingLine(line, columns)))
    .join('\n');
}

export type TerminalSize = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>;

/** Lines for where they are written, which may be a terminal, and of another size by the next. */
export function fitFor(stream: TerminalSize | undefined, lines: string): string {
  // Some pseudo-terminals have no size.
  return stream?.isTTY === true && stream.columns > 0 ? hangingText(lines, stream.columns) : lines;
}

function hangingLine(line: string, columns: number): string {
  const rows: string[] = [];
  let row = '';
  let width = 0;
  let space = '';
  for (const part of line.match(/\s+|\S+/g) ?? []) {
    if (part.trim() === '') {
      space = part;
      continue;
    }
    const partWidth = widthOf(part);
    if (width + widthOf(space) + partWidth > columns) {
      // A line that begins with more spaces than there is room for has nothing in its first row.
      if (row.trim() !== '') {
        rows.push(row);
      }
      row = indentation + part;
      width = indentation.length + partWidth;
    } else {
      row += space + part;
      width += widthOf(space) + partWidth;
    }
    space = '';
  }
  return [...rows, row].join('\n');
}
