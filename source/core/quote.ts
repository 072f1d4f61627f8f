import { safeText } from './safe-text.ts';

/** Enough of a value to know it again; the rest of a pasted novel helps nobody. */
const maxLength = 60;

/** A value as messages show it: in quotes, on one line, safe for a terminal, cut where it is long. */
export function quote(value: string): string {
  return `'${safeText(value.slice(0, maxLength))}${value.length > maxLength ? '…' : ''}'`;
}
