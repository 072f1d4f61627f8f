/** Fits text into columns. What comes in is safe for a terminal already: no control characters but newlines. */
import stringWidth from 'string-width';
import { graphemesOf } from './graphemes.ts';
import { narrowCharacters } from './narrow.ts';

/** Nearly all text; to segment it takes a hundred times as long as to split it, and loads data before the first frame. */
const narrow = new RegExp(`^[${narrowCharacters}]*$`);

/** An emoji of four has 19 UTF-16 units, a letter with eight marks of a rare script 18. */
const MAX_CLUSTER_LENGTH = 20;
/** A letter of India with three vowel signs beside it has as many. */
const MAX_CLUSTER_COLUMNS = 4;
/** A character with its marks, however they are joined to others. */
const characters = /[^\p{M}\u{200C}\u{200D}][\p{M}\u{200C}\u{200D}]*|[\p{M}\u{200C}\u{200D}]+/gu;

/** Of what is one UTF-16 unit, one more than its columns; 0 where it was not measured yet. Measuring costs 10 µs. */
const columnsOfUnit = new Uint8Array(0x1_00_00);
/** Of longer clusters. */
const columnsOfLonger = new Map<string, number>();
/** Bounds memory; nobody writes so many different ones. */
const MAX_KNOWN = 4096;
/** A longer piece of a text keeps all of it alive in V8, and there are few of them. */
const MAX_KNOWN_LENGTH = 12;

/** The columns of one cluster. */
function columnsOf(cluster: string): number {
  if (cluster.length === 1) {
    const unit = cluster.charCodeAt(0);
    const known = columnsOfUnit[unit] ?? 0;
    if (known > 0) {
      return known - 1;
    }
    const columns = stringWidth(cluster);
    columnsOfUnit[unit] = columns + 1;
    return columns;
  }
  if (cluster.length > MAX_KNOWN_LENGTH) {
    return stringWidth(cluster);
  }
  const known = columnsOfLonger.get(cluster);
  if (known !== undefined) {
    return known;
  }
  const columns = stringWidth(cluster);
  if (columnsOfLonger.size >= MAX_KNOWN) {
    columnsOfLonger.clear();
  }
  columnsOfLonger.set(cluster, columns);
  return columns;
}

/** The columns that `text` takes. */
export function widthOf(text: string): number {
  return narrow.test(text)
    ? text.length
    : clustersOf(text).reduce((width, cluster) => width + columnsOf(cluster), 0);
}

/**
 * What a person takes for one character each. Some scripts join letters to one
 * cluster without end: what is longer or wider than any that is written falls
 * into its letters, so that it has room in some row.
 */
export function clustersOf(text: string): readonly string[] {
  if (narrow.test(text)) {
    return text.split('');
  }
  const clusters = graphemesOf(text);
  return clusters.some(isEndless)
    ? clusters.flatMap((cluster) => (isEndless(cluster) ? (cluster.match(characters) ?? []) : [cluster]))
    : clusters;
}

function isEndless(cluster: string): boolean {
  return cluster.length > MAX_CLUSTER_LENGTH || columnsOf(cluster) > MAX_CLUSTER_COLUMNS;
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

function wrapParagraph(paragraph: string, columns: number, firstColumns: number): readonly Range[] {
  if (paragraph.length <= firstColumns && narrow.test(paragraph)) {
    return [{ start: 0, end: paragraph.length }];
  }
  const clusters = clustersOf(paragraph);
  const lines: Range[] = [];
  /** Where this line begins: the cluster, and the place in the text. */
  let start = { index: 0, offset: 0 };
  /** Behind the last space of this line. */
  let space = start;
  let offset = 0;
  let width = 0;
  for (let index = 0; index < clusters.length; index++) {
    const cluster = clusters[index] ?? '';
    const isSpace = cluster === ' ';
    const room = lines.length === 0 ? firstColumns : columns;
    width += columnsOf(cluster);
    if (width > room && index > start.index && !isSpace) {
      const stop = space.index > start.index ? space : { index, offset };
      lines.push(rowOf(paragraph, start.offset, stop.offset));
      start = stop;
      ({ index, offset } = stop);
      width = columnsOf(clusters[index] ?? '');
    }
    offset += clusters[index]?.length ?? 0;
    if (isSpace) {
      space = { index: index + 1, offset };
    }
  }
  const isWhole = lines.length === 0 && width <= firstColumns;
  return [
    ...lines,
    isWhole ? { start: 0, end: paragraph.length } : rowOf(paragraph, start.offset, paragraph.length),
  ];
}

/** Without the spaces at its end. */
function rowOf(paragraph: string, start: number, end: number): Range {
  return { start, end: start + paragraph.slice(start, end).trimEnd().length };
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
