/** Lays out bare text: broken only where a row is full, so that a terminal breaks it in the same places. */
import { clustersOf, widthOf } from '../text/text-layout.ts';

export interface BareRow {
  readonly text: string;
  /** Whether the text goes on in the next row. */
  readonly isBroken: boolean;
}

/** One character of these is one column, as everywhere. They need not be measured. */
const narrow = /^[ -~]*$/;

/** All rows of the text, at this width. */
export function bareRows(text: string, columns: number): readonly BareRow[] {
  return text.split('\n').flatMap((line) => rowsOf(line, columns));
}

function rowsOf(line: string, columns: number): readonly BareRow[] {
  const rows: string[] = [];
  if (narrow.test(line)) {
    for (let at = 0; at === 0 || at < line.length; at += columns) {
      rows.push(line.slice(at, at + columns));
    }
  } else {
    let row = '';
    let width = 0;
    for (const cluster of clustersOf(line)) {
      const clusterColumns = narrow.test(cluster) ? cluster.length : widthOf(cluster);
      if (width + clusterColumns > columns && row !== '') {
        rows.push(row);
        row = '';
        width = 0;
      }
      row += cluster;
      width += clusterColumns;
    }
    rows.push(row);
  }
  return rows.map((row, index) => ({ text: row, isBroken: index < rows.length - 1 }));
}

/**
 * What to write for these rows from the start of a row on. Where a row is
 * broken there is no line end: the terminal itself goes on in the next row, and
 * joins both when they are selected.
 */
export function bareSequence(rows: readonly BareRow[]): string {
  return rows
    .map(({ text, isBroken }, index) => (isBroken || index === rows.length - 1 ? text : `${text}\r\n`))
    .join('');
}
