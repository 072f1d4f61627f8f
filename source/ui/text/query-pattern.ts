/**
 * Matches the query literally, in any case. Do not share one pattern between
 * texts: a global pattern keeps its position.
 */
export function patternOf(query: string): RegExp {
  return new RegExp(query.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), 'giu');
}
