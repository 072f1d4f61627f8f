import { safeText } from '../text/safe-text.ts';
import { clustersOf, widthOf } from './text/text-layout.ts';

/** No file system gives a name more bytes; a name that is longer is none, and is not measured whole. */
const maxLength = 1024;

/** `.tar.gz`, `-final.docx`: enough for what tells of what kind a file is, by which it may deceive. */
const tailColumns = 12;

/**
 * The name of a file, safe for a terminal: one line, at most `columns` wide.
 * Where it is longer, its middle is cut out: the end tells what it is.
 */
export function shortName(name: string, columns: number): string {
  const bounded = name.length <= maxLength ? name : name.slice(0, maxLength / 2) + name.slice(-maxLength / 2);
  const safe = safeText(bounded.replaceAll(/\p{White_Space}/gv, ' ')).trim();
  if (safe === '') {
    return '(no name)';
  }
  if (widthOf(safe) <= columns) {
    return safe;
  }
  const clusters = clustersOf(safe);
  const tail = fitting(
    clusters.toReversed(),
    Math.min(tailColumns, Math.floor((columns - 1) / 2)),
  ).toReversed();
  const head = fitting(clusters, columns - 1 - widthOf(tail.join('')));
  return `${head.join('')}…${tail.join('')}`;
}

/** The first of them that have room. */
function fitting(clusters: readonly string[], columns: number): readonly string[] {
  let width = 0;
  const end = clusters.findIndex((cluster) => {
    width += widthOf(cluster);
    return width > columns;
  });
  return end === -1 ? clusters : clusters.slice(0, end);
}
