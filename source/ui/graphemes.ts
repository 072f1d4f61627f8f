/** Grapheme clusters (UAX #29): what a person takes for one character, and a cursor must not stand inside of. */
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The clusters of `text`, in order. */
export function graphemesOf(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** The boundary at or after `offset`, in UTF-16 units. */
export function boundaryFrom(text: string, offset: number): number {
  const cluster = segmenter.segment(text).containing(offset);
  if (cluster === undefined || cluster.index === offset) {
    return Math.min(offset, text.length);
  }
  return cluster.index + cluster.segment.length;
}

/** The boundary before `offset`; 0 at the start. */
export function boundaryBefore(text: string, offset: number): number {
  return segmenter.segment(text).containing(offset - 1)?.index ?? 0;
}

/** The boundary after `offset`; the end of the text at its end. */
export function boundaryAfter(text: string, offset: number): number {
  const cluster = segmenter.segment(text).containing(offset);
  return cluster === undefined ? text.length : cluster.index + cluster.segment.length;
}
