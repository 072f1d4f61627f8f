/** Matches the query as it stands. One for each text: a global pattern remembers where it was. */
export function patternOf(query: string): RegExp {
  return new RegExp(query.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), 'giu');
}
