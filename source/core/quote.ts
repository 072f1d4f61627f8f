import { safeText } from '../text/safe-text.ts';

/** Enough of a value to know it again; the rest of a pasted novel helps nobody. */
const maxLength = 60;

/** The number of a code and its words, wherever somebody has typed them. */
const code = /(?<!\d)(\d+-)\p{L}+-\p{L}+/gu;

/** A value as messages show it: in quotes, on one line, safe for a terminal, cut where it is long, no code whole. */
export function quote(value: string): string {
  // Not all of it, which may be megabytes; enough that no code is cut before it is recognised.
  const shown = value.slice(0, 2 * maxLength).replaceAll(code, '$1…');
  return `'${safeText(shown.slice(0, maxLength))}${shown.length > maxLength ? '…' : ''}'`;
}
