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
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, columns));
}

function wrapParagraph(paragraph: string, columns: number): string[] {
  if (widthOf(paragraph) <= columns) {
    return [paragraph];
  }
  const clusters = clustersOf(paragraph);
  const lines: string[] = [];
  let start = 0;
  let width = 0;
  /** Behind the last space of this line. */
  let breakAt = 0;
  for (let index = 0; index < clusters.length; index++) {
    const cluster = clusters[index] ?? '';
    width += widthOf(cluster);
    const isSpace = cluster === ' ';
    if (width > columns && index > start && !isSpace) {
      const stop = breakAt > start ? breakAt : index;
      lines.push(clusters.slice(start, stop).join('').trimEnd());
      start = stop;
      index = stop;
      width = widthOf(clusters[stop] ?? '');
    }
    if (isSpace) {
      breakAt = index + 1;
    }
  }
  lines.push(clusters.slice(start).join('').trimEnd());
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
