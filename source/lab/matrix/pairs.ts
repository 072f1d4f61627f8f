/** Which pairs of sites a matrix holds. Pure. */
import { quote } from '../../text/safe-text.ts';
import { PunchlineError } from '../../errors.ts';
import type { Answer, Dependence, Line, Site } from '../plan/description.ts';
import { parseSite } from '../plan/site-words.ts';

/** A site of the matrix: its words can be given to `lab try`. */
interface Variant {
  readonly words: string;
  readonly site: Site;
}

export interface Pair {
  readonly a: Variant;
  readonly b: Variant;
  /** Whether a direct connection is possible at all. */
  readonly possible: boolean;
}

/** A pair as it is written: two sites with a colon between, `counting/rst:random`. Throws ERR_USAGE. */
export function parsePair(text: string, line: Line): Pair {
  const sides = text.split(':');
  const [a, b] = sides.map((words) => withLine(words, parseSite(words), line));
  if (a !== undefined && b !== undefined && sides.length === 2) {
    return pairOf(a, b);
  }
  throw new PunchlineError('ERR_USAGE', `${quote(text)} is not a pair of sites`, {
    hint: 'A pair is WORDS:WORDS, for example counting/rst:random.',
  });
}

interface MatrixList {
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
  return variants.flatMap((a, index) => variants.slice(index).map((b) => pairOf(a, b)));
}

function pairOf(a: Variant, b: Variant): Pair {
  return { a, b, possible: isReachable(a.site, b.site) };
}

/** What a site says of its own line goes before. */
function withLine(words: string, site: Site, line: Line): Variant {
  return { words, site: { ...site, line: { ...line, ...site.line } } };
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
    answered.map((unsolicited) => {
      const words = [
        kind,
        ...(filtering === undefined ? [] : [shortFiltering[filtering]]),
        ...(unsolicited === undefined ? [] : [unsolicited]),
      ].join('/');
      return withLine(words, parseSite(words), line);
    }),
  );
}

function distinct(variants: readonly Variant[]): Variant[] {
  return [...new Map(variants.map((variant) => [variant.words, variant])).values()];
}

/**
 * Which pairs of NATs can be connected directly at all: the limit that the
 * matrix is measured against. Pure.
 */

/**
 * A SYN that comes in needs an endpoint that is open for it. Where a side lets
 * in more than the one endpoint that it dialled, the other can find it, by
 * prediction or with a spray. Where both filter by address and port, both ends
 * must be right at once: it is enough that one port stays the same, for then
 * only one is looked for, or that both are counted. Else each try moves a port
 * that nobody can know (design, 4.9).
 */
export function isReachable(one: Site, other: Site): boolean {
  // Nothing is translated there, so that both endpoints are known.
  if (one.ipv6 !== undefined && other.ipv6 !== undefined) {
    return true;
  }
  if (!isStrict(one) || !isStrict(other)) {
    return true;
  }
  if (isConstant(one) || isConstant(other)) {
    return true;
  }
  return isCounted(one) && isCounted(other);
}

function isStrict({ filtering }: Site): boolean {
  return filtering === 'address-and-port-dependent';
}

function isConstant({ mapping }: Site): boolean {
  return mapping === 'none' || mapping === 'endpoint-independent';
}

function isCounted({ mapping, ports }: Site): boolean {
  return mapping === 'address-and-port-dependent' && ports === 'sequential';
}
