/** Fits text into columns. What comes in is safe for a terminal already: no control characters but newlines. */
import stringWidth from 'string-width';
import { graphemesOf } from './graphemes.ts';

const printableAscii = /^[\u0020-\u007E]*$/;

/** The columns that `text` takes. */
export function widthOf(text: string): number {
  return printableAscii.test(text) ? text.length : stringWidth(text);
}

/** Nearly all text is ASCII, and segmenting it costs a hundred times as much as splitting it. */
export function clustersOf(text: string): readonly string[] {
  return printableAscii.test(text) ? text.split('') : graphemesOf(text);
}

/** Breaks at newlines, then between words, then within words. An empty text is one empty line. */
export function wrapText(text: string, columns: number): string[] {
  return wrapRanges(text, columns).map(({ start, end }) => text.slice(start, end));
}

/** A part of a text, UTF-16 units; `end` is behind it. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The rows of `wrapText`, as where they stand in the text; the first may have less room than the others. */
export function wrapRanges(text: string, columns: number, firstColumns = columns): Range[] {
  let offset = 0;
  return text.split('\n').flatMap((paragraph, index) => {
    const start = offset;
    offset += paragraph.length + 1;
    return wrapParagraph(paragraph, columns, index === 0 ? firstColumns : columns).map((row) => ({
      start: start + row.start,
      end: start + row.end,
    }));
  });
}

function wrapParagraph(paragraph: string, columns: number, firstColumns: number): Range[] {
  if (widthOf(paragraph) <= firstColumns) {
    return [{ start: 0, end: paragraph.length }];
  }
  const clusters = clustersOf(paragraph);
  const lines: Range[] = [];
  let offset = 0;
  const endLine = (from: number, to: number): void => {
    const row = clusters.slice(from, to).join('');
    lines.push({ start: offset, end: offset + row.trimEnd().length });
    offset += row.length;
  };
  let start = 0;
  let width = 0;
  /** Behind the last space of this line. */
  let breakAt = 0;
  for (let index = 0; index < clusters.length; index++) {
    const cluster = clusters[index] ?? '';
    width += widthOf(cluster);
    const isSpace = cluster === ' ';
    const room = lines.length === 0 ? firstColumns : columns;
    if (width > room && index > start && !isSpace) {
      const stop = breakAt > start ? breakAt : index;
      endLine(start, stop);
      start = stop;
      index = stop;
      width = widthOf(clusters[stop] ?? '');
    }
    if (isSpace) {
      breakAt = index + 1;
    }
  }
  endLine(start, clusters.length);
  return lines;
}

/** At most `columns` wide, with an ellipsis where something was cut off. */
export function truncateText(text: string, columns: number): string {
  if (widthOf(text) <= columns) {
    return text;
  }
  let cut = '';
  let width = 1;
  for (const cluster of clustersOf(text)) {
    width += widthOf(cluster);
    if (width > columns) {
      break;
    }
    cut += cluster;
  }
  return columns > 0 ? `${cut}…` : '';
}

/** Filled up with spaces, or truncated, to exactly `columns`. */
export function padText(text: string, columns: number): string {
  const fitting = truncateText(text, columns);
  return fitting + ' '.repeat(Math.max(0, columns - widthOf(fitting)));
}
