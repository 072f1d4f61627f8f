import { widthOf } from '../text/text-layout.ts';

/** The indentation of the further rows of a line. No line of text begins with it. */
export const indentation = '    ';

/**
 * Wraps lines of text for a terminal with `columns` columns. Further rows are
 * indented. The terminal itself would wrap into its first column, and a peer
 * could use enough spaces to make its words look like a line of their own. A
 * word that is longer than a row, for example an address, is not cut.
 */
export function hangingText(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => (widthOf(line) <= columns ? line : hangingLine(line, columns)))
    .join('\n');
}

export type TerminalSize = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>;

/** Wraps lines if they go to a terminal. Its size is read each time, because it can change. */
export function fitFor(stream: TerminalSize | undefined, lines: string): string {
  // Some pseudo-terminals report no size.
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
      // If a line begins with more spaces than a row can hold, there is nothing to push yet.
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
