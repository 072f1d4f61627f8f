/** Grapheme clusters (UAX #29). A person sees each as one character, so the cursor must not stand inside one. */

/**
 * Created on first use: it loads ICU's data, which would delay the first frame
 * by 10 ms, and most texts are ASCII.
 */
let segmenter: Intl.Segmenter | undefined;

function segmentsOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/** The clusters of `text`, in order. */
export function graphemesOf(text: string): string[] {
  return Array.from(segmentsOf(text), ({ segment }) => segment);
}

/** The boundary at or after `offset`, in UTF-16 units. */
export function boundaryFrom(text: string, offset: number): number {
  if (offset <= 0 || offset >= text.length) {
    return Math.max(0, Math.min(offset, text.length));
  }
  if (isBetweenAscii(text, offset)) {
    return offset;
  }
  const cluster = segmentsOf(text).containing(offset);
  return cluster === undefined || cluster.index === offset ? offset : cluster.index + cluster.segment.length;
}

/** The boundary before `offset`; 0 at the start. */
export function boundaryBefore(text: string, offset: number): number {
  if (offset <= 1) {
    return 0;
  }
  return isBetweenAscii(text, offset - 1)
    ? offset - 1
    : (segmentsOf(text).containing(offset - 1)?.index ?? 0);
}

/** The boundary after `offset`; at most the end of the text. */
export function boundaryAfter(text: string, offset: number): number {
  if (offset + 1 >= text.length) {
    return text.length;
  }
  if (isBetweenAscii(text, offset + 1)) {
    return offset + 1;
  }
  const cluster = segmentsOf(text).containing(offset);
  return cluster === undefined ? text.length : cluster.index + cluster.segment.length;
}

/**
 * There is always a boundary between two printable ASCII characters. CR LF is
 * the exception within ASCII, and is not printable.
 */
function isBetweenAscii(text: string, offset: number): boolean {
  return isPrintableAscii(text.charCodeAt(offset - 1)) && isPrintableAscii(text.charCodeAt(offset));
}

function isPrintableAscii(code: number): boolean {
  return code >= 0x20 && code < 0x7f;
}
