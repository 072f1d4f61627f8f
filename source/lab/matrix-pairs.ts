/** Which pairs of sites a matrix holds. Pure. */
import type { Answer, Dependence, Line, Site } from './description.ts';
import { isReachable } from './reachable.ts';
import { parseSite } from './site-words.ts';

/** A site of the matrix: its words can be given to `lab try`. */
export interface Variant {
  readonly words: string;
  readonly site: Site;
}

export interface Pair {
  readonly a: Variant;
  readonly b: Variant;
  /** Whether a direct connection is possible at all. */
  readonly possible: boolean;
}

export interface MatrixList {
  /** Words of sites, as in `port-restricted` or `counting/adf`. */
  readonly kinds: readonly string[];
  /** Each kind with each of these; none: as the kind has it. */
  readonly filterings: readonly Dependence[];
  readonly answers: readonly Answer[];
  readonly line: Line;
}

const shortFiltering: Record<Dependence, string> = {
  'endpoint-independent': 'eif',
  'address-dependent': 'adf',
  'address-and-port-dependent': 'apdf',
};

/** Every kind with every filtering and answer, and every pair of those once. Throws ERR_USAGE for unknown words. */
export function matrixPairs(list: MatrixList): Pair[] {
  const variants = distinct(list.kinds.flatMap((kind) => variantsOf(kind, list)));
  return variants.flatMap((a, index) =>
    variants.slice(index).map((b) => ({ a, b, possible: isReachable(a.site, b.site) })),
  );
}

function variantsOf(kind: string, { answers, filterings, line }: MatrixList): Variant[] {
  const given = parseSite(kind);
  // Without a NAT a filtering would make another thing of it, and nobody answers for a public host.
  const filtered = filterings.length === 0 || given.mapping === 'none' ? [undefined] : filterings;
  const answered =
    answers.length === 0 || (given.mapping === 'none' && given.filtering === 'endpoint-independent')
      ? [undefined]
      : answers;
  return filtered.flatMap((filtering) =>
    answered.map((unsolicited) => ({
      words: [
        kind,
        ...(filtering === undefined ? [] : [shortFiltering[filtering]]),
        ...(unsolicited === undefined ? [] : [unsolicited]),
      ].join('/'),
      site: {
        ...given,
        ...(filtering === undefined ? {} : { filtering }),
        ...(unsolicited === undefined ? {} : { unsolicited }),
        line: { ...line, ...given.line },
      },
    })),
  );
}

function distinct(variants: readonly Variant[]): Variant[] {
  return [...new Map(variants.map((variant) => [variant.words, variant])).values()];
}
