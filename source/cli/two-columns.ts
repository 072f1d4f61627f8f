import { padText, widthOf, wrapText } from '../ui/text/text-layout.ts';

/** A first column wider than this would leave the second too little room: then it stands above. */
const MAX_TERM_COLUMNS = 30;

/** Terms and what they mean, side by side where the term is narrow, else one below the other. */
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
