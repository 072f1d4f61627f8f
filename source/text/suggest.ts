import leven from 'leven';

/** A beginning of one letter fits too many candidates to mean one of them. */
const MIN_PREFIX_LENGTH = 2;

/** Nothing that is meant is longer, and comparing costs the product of both lengths. */
const MAX_LENGTH = 64;

/**
 * What was probably meant: the shortest candidate that begins with the word,
 * else the one with the fewest letters to change, if those are few. Of equals
 * it is the one that shares more of its beginning: that is where people look
 * while they type. Compares letters as they are.
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
  // A swap of neighbours counts as two changes; in short words two would make anything of anything.
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
