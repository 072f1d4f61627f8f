/** The pairs of sites of a matrix, and which of them can connect. */
import { quote } from '../../text/safe-text.ts';
import { PunchlineError } from '../../errors.ts';
import type { Answer, Dependence, Line, Site } from '../plan/description.ts';
import { parseSite } from '../plan/site-words.ts';

/** A site of the matrix. `lab try` takes its words. */
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

/** Reads a pair: two sites with a colon between, `counting/rst:random`. Throws ERR_USAGE. */
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
  /** Each kind is combined with each of these; if there are none, with its own filtering. */
  readonly filterings: readonly Dependence[];
  readonly answers: readonly Answer[];
  readonly line: Line;
}

const shortFiltering: Record<Dependence, string> = {
  'endpoint-independent': 'eif',
  'address-dependent': 'adf',
  'address-and-port-dependent': 'apdf',
};

/** Combines every kind with every filtering and answer, and returns every pair of them once. Throws ERR_USAGE for unknown words. */
export function matrixPairs(list: MatrixList): Pair[] {
  const variants = distinct(list.kinds.flatMap((kind) => variantsOf(kind, list)));
  return variants.flatMap((a, index) => variants.slice(index).map((b) => pairOf(a, b)));
}

function pairOf(a: Variant, b: Variant): Pair {
  return { a, b, possible: isReachable(a.site, b.site) };
}

/** The words of a site about its own line have priority. */
function withLine(words: string, site: Site, line: Line): Variant {
  return { words, site: { ...site, line: { ...line, ...site.line } } };
}

function variantsOf(kind: string, { answers, filterings, line }: MatrixList): Variant[] {
  const given = parseSite(kind);
  // Without a NAT, another filtering would make it another kind, and no router answers for a public host.
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
 * Whether a direct connection of two NATs is possible at all. A SYN gets in only
 * if its source endpoint may. If a side lets in more than the one endpoint that it
 * dialled, the other can find it, by prediction or with a spray. If both filter by
 * address and port, both ports must be right at once. That is possible if one port
 * stays the same, because then only the other must be found, or if both count.
 * Else each try changes a port that nobody can know (design, 4.9).
 */
export function isReachable(one: Site, other: Site): boolean {
  if (one.proxied === true || other.proxied === true) {
    return false;
  }
  // IPv6 is not translated, so both endpoints are known.
  if (one.ipv6 !== undefined && other.ipv6 !== undefined) {
    return true;
  }
  // A mapped port lets everybody in. Behind another NAT it leads nowhere.
  if (mapsPort(one) || mapsPort(other)) {
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

function mapsPort({ behind, portMapping }: Site): boolean {
  return portMapping !== undefined && behind === undefined;
}

/** What connects a container opens a connection of its own for each one, whatever the NAT in front of it does. */
function isStrict({ filtering, container }: Site): boolean {
  return container !== undefined || filtering === 'address-and-port-dependent';
}

function isConstant({ mapping, container }: Site): boolean {
  return container === undefined && (mapping === 'none' || mapping === 'endpoint-independent');
}

function isCounted({ mapping, ports, container }: Site): boolean {
  return container === undefined && mapping === 'address-and-port-dependent' && ports === 'sequential';
}
