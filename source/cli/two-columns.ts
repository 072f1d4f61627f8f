import { padText, widthOf, wrapText } from '../ui/text/text-layout.ts';

/** A wider term would leave its meaning too little room, and stands above it. */
const MAX_TERM_COLUMNS = 30;

/** Terms with their meanings beside them, or below them if the term is wide. */
export function twoColumns(rows: readonly (readonly string[])[], columns: number): string[] {
  const widest = Math.max(0, ...rows.map(([term = '']) => widthOf(term)));
  const termColumns = Math.min(widest, MAX_TERM_COLUMNS) + 2;
  const indent = ' '.repeat(termColumns + 2);
  return rows.flatMap(([term = '', meaning = '']) => {
    const lines = wrapText(meaning, Math.max(10, columns - termColumns - 2));
    const isBeside = widthOf(term) <= termColumns - 2;
    const [firstLine = '', ...others] = isBeside ? lines : ['', ...lines];
    return [
      isBeside ? `  ${padText(term, termColumns)}${firstLine}`.trimEnd() : `  ${term}`,
      ...others.map((line) => indent + line),
    ];
  });
}
