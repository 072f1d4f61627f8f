import leven from 'leven';

/** One letter begins too many candidates to mean one of them. */
const MIN_PREFIX_LENGTH = 2;

/** Every candidate is shorter, and a comparison takes time in proportion to the product of both lengths. */
const MAX_LENGTH = 64;

/**
 * Guesses the candidate that was meant: the shortest that begins with the word,
 * else the one with the fewest letters to change, if those are few. Of two that
 * are equally close, it takes the one that shares a longer beginning, because
 * people mistype the end of a word more often. Upper and lower case differ.
 */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > MAX_LENGTH) {
    return undefined;
  }
  if (word.length >= MIN_PREFIX_LENGTH) {
    const [completion] = candidates
      .filter((candidate) => candidate.startsWith(word))
      .toSorted((one, other) => one.length - other.length);
    if (completion !== undefined) {
      return completion;
    }
  }
  // A swap of two letters counts as two changes. In short words, two changes turn any word into any other.
  const bound = word.length < 4 ? 1 : Math.min(3, Math.floor(word.length / 2));
  let best: { candidate: string; distance: number; shared: number } | undefined;
  for (const candidate of candidates) {
    const distance = leven(word, candidate, { maxDistance: bound + 1 });
    const shared = sharedBeginning(word, candidate);
    const closer = best === undefined || distance < best.distance;
    if (distance <= bound && (closer || (distance === best?.distance && shared > best.shared))) {
      best = { candidate, distance, shared };
    }
  }
  return best?.candidate;
}

function sharedBeginning(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) {
    length += 1;
  }
  return length;
}
