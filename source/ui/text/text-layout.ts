/** Fits text into columns. The text must be safe for a terminal already: newlines are its only control characters. */
import stringWidth from 'string-width';
import type { TextMeasure } from '../../ladder/ladder.ts';
import { graphemesOf } from './graphemes.ts';
import { narrowCharacters } from './narrow-characters.ts';

/**
 * Matches nearly all text. Such text is split into UTF-16 units, which is a
 * hundred times as fast as segmenting it, and loads no data before the first
 * frame.
 */
const narrow = new RegExp(`^[${narrowCharacters}]*$`);

/**
 * The longest clusters that people write: an emoji of a family of four has 19
 * UTF-16 units, a letter of a rare script with eight marks has 18.
 */
const MAX_CLUSTER_LENGTH = 20;
/** The widest clusters that people write: an Indic letter with three vowel signs beside it is four columns wide. */
const MAX_CLUSTER_COLUMNS = 4;
/** One character with its marks, even if a joiner connects it to the next. */
const characters = /[^\p{M}\u{200C}\u{200D}][\p{M}\u{200C}\u{200D}]*|[\p{M}\u{200C}\u{200D}]+/gu;

/** For each UTF-16 unit, its width in columns plus one; 0 if it was not measured yet. Measuring takes 10 µs. */
const columnsOfUnit = new Uint8Array(0x1_00_00);
/** The widths of longer clusters. */
const columnsOfLonger = new Map<string, number>();
/** Bounds memory. Nobody uses so many different clusters. */
const MAX_KNOWN = 4096;
/** Longer clusters are not kept: V8 would keep the whole text alive for a piece of it, and they are rare. */
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
 * The clusters of a text: what a person sees as one character each. In some
 * scripts a cluster can grow without end. One that is longer or wider than
 * people write is split into its letters, so that each fits into a row.
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

/** Breaks the text into rows: at newlines, then between words, then within words. An empty text is one empty row. */
export function wrapText(text: string, columns: number): string[] {
  return wrapRanges(text, columns).map(({ start, end }) => text.slice(start, end));
}

/** A part of a text, as offsets in UTF-16 units. `end` is exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The rows of `wrapText`, as ranges of the text. The first row may be narrower than the others. */
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
  /** The start of this row, as the index of the cluster and as the offset in the text. */
  let start = { index: 0, offset: 0 };
  /** The place after the last space of this row. */
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

/** Leaves out the spaces at the end of the row. */
function rowOf(paragraph: string, start: number, end: number): Range {
  return { start, end: start + paragraph.slice(start, end).trimEnd().length };
}

/** At most `columns` wide. An ellipsis replaces what was cut off. */
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

/** Padded with spaces, or truncated, to exactly `columns`. */
export function padText(text: string, columns: number): string {
  const fitting = truncateText(text, columns);
  return fitting + ' '.repeat(Math.max(0, columns - widthOf(fitting)));
}

/** What a drawing has to know about the width of texts. */
export const textMeasure: TextMeasure = { widthOf, truncateText, wrapText };
