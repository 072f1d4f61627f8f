import { safeText } from '../core/safe-text.ts';
import type { ComposerState } from './composer-state.ts';
import { type Line, plain, styled } from './line.ts';
import { clustersOf, truncateText, widthOf } from './text-layout.ts';

export interface ComposerLayout {
  readonly lines: readonly Line[];
  /** Where the terminal's cursor belongs, from the upper left of the composer; undefined: nowhere. */
  readonly cursor: { readonly x: number; readonly y: number } | undefined;
}

const prompt = '› ';

/** The draft in at most `maxRows` rows around the cursor, broken where the row is full: what stands there is what is sent. */
export function layOutComposer(
  { text, cursor }: ComposerState,
  { columns, maxRows, placeholder }: { columns: number; maxRows: number; placeholder: string },
): ComposerLayout {
  if (text === '') {
    const line = [
      styled('accent', prompt),
      styled('dim', truncateText(placeholder, columns - prompt.length)),
    ];
    return { lines: [line], cursor: { x: prompt.length, y: 0 } };
  }
  const room = Math.max(1, columns - prompt.length - 1);
  const { rows, x, y } = wrapDraft(text, cursor, room);
  const first = Math.max(0, Math.min(y - maxRows + 1, rows.length - maxRows));
  const start = Math.min(Math.max(first, y - maxRows + 1), y);
  const lines = rows
    .slice(start, start + maxRows)
    .map((row, index): Line => [index + start === 0 ? styled('accent', prompt) : plain('  '), plain(row)]);
  return { lines, cursor: { x: x + prompt.length, y: y - start } };
}

function wrapDraft(text: string, cursor: number, room: number): { rows: string[]; x: number; y: number } {
  const rows: string[] = [];
  let row = '';
  let width = 0;
  let offset = 0;
  let place = { x: 0, y: 0 };
  const endRow = (): void => {
    rows.push(row);
    row = '';
    width = 0;
  };
  for (const [index, paragraph] of text.split('\n').entries()) {
    if (index > 0) {
      endRow();
      offset += 1;
    }
    if (offset === cursor) {
      place = { x: 0, y: rows.length };
    }
    for (const cluster of clustersOf(paragraph)) {
      const shown = shownCluster(cluster);
      const columns = widthOf(shown);
      if (width + columns > room && width > 0) {
        endRow();
      }
      if (offset === cursor) {
        place = { x: width, y: rows.length };
      }
      row += shown;
      width += columns;
      offset += cluster.length;
      if (offset === cursor) {
        place = { x: width, y: rows.length };
      }
    }
  }
  rows.push(row);
  return { rows, ...place };
}

/** One cluster of our own draft: what we pasted may hold what a terminal obeys, too. */
function shownCluster(cluster: string): string {
  return cluster === '\t' ? '    ' : safeText(cluster);
}
