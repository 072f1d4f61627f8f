import { padText, widthOf, wrapText } from '../ui/text/text-layout.ts';

/** A wider term would leave its meaning too little room, and stands above it. */
const MAX_TERM_COLUMNS = 30;
/** A meaning in fewer columns is tiring to read: on a narrow terminal every meaning stands below its term. */
const MIN_MEANING_COLUMNS = 28;
const INDENT = 2;
const GAP = 2;
/** How far a meaning below its term is indented, where there is no room beside terms. */
const BELOW = 6;

/** Terms with their meanings beside them, or below them if the term is wide. */
export function twoColumns(
  rows: readonly (readonly string[])[],
  columns: number,
  maxTerm = MAX_TERM_COLUMNS,
): string[] {
  const [widest, longest] = [0, 1].map((at) => Math.max(0, ...rows.map((row) => widthOf(row[at] ?? ''))));
  const beside = INDENT + Math.min(widest ?? 0, maxTerm) + GAP;
  const hasRoom = columns - beside >= Math.min(MIN_MEANING_COLUMNS, longest ?? 0);
  const start = hasRoom ? beside : BELOW;
  const indent = ' '.repeat(start);
  return rows.flatMap(([term = '', meaning = '']) => {
    const lines = meaning === '' ? [] : wrapText(meaning, Math.max(10, columns - start));
    if (widthOf(term) + INDENT + GAP <= start) {
      const [first = '', ...others] = lines;
      return [
        `${' '.repeat(INDENT)}${padText(term, start - INDENT)}${first}`.trimEnd(),
        ...others.map((line) => indent + line),
      ];
    }
    return [...termLines(hasRoom ? term : term.trimStart(), columns), ...lines.map((line) => indent + line)];
  });
}

/** A term on lines of its own. A long one goes on further to the right than its meaning. */
function termLines(term: string, columns: number): string[] {
  const before = /^ */.exec(term)?.[0] ?? '';
  const room = columns - INDENT - before.length;
  if (widthOf(term) - before.length <= room) {
    return [' '.repeat(INDENT) + term];
  }
  const [first = '', ...others] = wrapText(term.trimStart(), Math.max(10, room - BELOW));
  const head = ' '.repeat(INDENT) + before;
  return [head + first, ...others.map((line) => `${head}${' '.repeat(BELOW)}${line}`)];
}
