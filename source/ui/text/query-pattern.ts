import type { Piece } from './line.ts';

/**
 * Matches the query literally, in any case. Do not share one pattern between
 * texts: a global pattern keeps its position.
 */
export function patternOf(query: string): RegExp {
  return new RegExp(query.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), 'giu');
}

/** Highlights the matches of a search. A match that is broken over two rows is not highlighted. */
export function highlighted(pieces: readonly Piece[], pattern: RegExp | undefined): readonly Piece[] {
  if (pattern === undefined) {
    return pieces;
  }
  return pieces.flatMap((piece): Piece[] => {
    if ('spinner' in piece) {
      return [piece];
    }
    const parts: Piece[] = [];
    let at = 0;
    for (const { 0: match, index } of piece.text.matchAll(pattern)) {
      parts.push({ ...piece, text: piece.text.slice(at, index) }, { ...piece, text: match, style: 'found' });
      at = index + match.length;
    }
    return [...parts, { ...piece, text: piece.text.slice(at) }].filter(
      (part) => !('text' in part) || part.text !== '',
    );
  });
}
