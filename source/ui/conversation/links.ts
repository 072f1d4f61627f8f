/**
 * Finds links in a message. The text must be safe already: hidden characters
 * appear as `⟨U+…⟩`, control characters as pictures.
 */

/** A link in a text. */
export interface Link {
  /** Its range in the text, in UTF-16 units. `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  /** The address that a terminal opens. Undefined if it is too long for one. */
  readonly href: string | undefined;
  /**
   * The host that the link really leads to, or words about it. Undefined if the
   * text of the link shows that host plainly.
   */
  readonly host: string | undefined;
}

/**
 * The longest link that VTE accepts (its specification of OSC 8). A longer one
 * would be sent to the terminal with each row, and never work.
 */
const MAX_HREF_LENGTH = 2083;

/** A name of 253 characters (RFC 1035) and a port. Parsing a longer host takes quadratic time: seconds for 60 KB. */
const MAX_HOST_LENGTH = 253 + 6;
/** Shown instead of the host. Other programs may accept such a link and open it. */
const overlongHost = 'a host with too long a name';

const candidates = /\bhttps?:\/\/[^\s<>"'`⟨⟩\u2400-\u2421]+/giu;
/** Characters at the end of a link that belong to the sentence around it. */
const sentenceEnds = '.,;:!?…*_~';
/** The opening bracket for each closing one. */
const openings: ReadonlyMap<string, string> = new Map([
  [')', '('],
  [']', '['],
  ['}', '{'],
]);

/** All well-formed links of a text, in order. */
export function linksOf(text: string): readonly Link[] {
  return Array.from(text.matchAll(candidates)).flatMap(({ 0: found, index }): readonly Link[] => {
    const shown = found.slice(0, lengthWithoutSentence(found));
    const { scheme, authority, host: written } = partsOf(shown);
    const place = { start: index, end: index + shown.length };
    if (written.length > MAX_HOST_LENGTH) {
      return [{ ...place, href: undefined, host: overlongHost }];
    }
    // A long link is parsed without its path, which does not change the host.
    const isLong = shown.length > MAX_HREF_LENGTH;
    const url = URL.parse(isLong ? `${scheme}//${written}` : shown);
    if (url === null || url.host === '') {
      return [];
    }
    const host = url.host === authority.toLowerCase() ? undefined : url.host;
    const href = isLong || url.href.length > MAX_HREF_LENGTH ? undefined : url.href;
    return [{ ...place, href, host }];
  });
}

/**
 * The length of the link without the end of the sentence around it, and without
 * closing brackets that the link did not open.
 */
function lengthWithoutSentence(found: string): number {
  let { length } = found;
  /** Counted only if the link ends with a bracket, which is rare. */
  let counts: Map<string, number> | undefined;
  for (; length > 0; length--) {
    const last = found.charAt(length - 1);
    if (sentenceEnds.includes(last)) {
      continue;
    }
    const opening = openings.get(last);
    if (opening === undefined) {
      break;
    }
    counts ??= countsOf(found);
    const closed = counts.get(last) ?? 0;
    if (closed <= (counts.get(opening) ?? 0)) {
      break;
    }
    counts.set(last, closed - 1);
  }
  return length;
}

/** How often each character occurs. */
function countsOf(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const character of text) {
    counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  return counts;
}

interface Parts {
  readonly scheme: string;
  /**
   * The part that a reader takes for the host: everything up to the path.
   * Letters of other scripts, `user@` and escapes in it lead to another host.
   */
  readonly authority: string;
  /** The part that a browser takes for the host: without extra slashes and a user's name before it. */
  readonly host: string;
}

function partsOf(shown: string): Parts {
  const [, scheme = '', authority = ''] = /^(https?:)\/\/([^/?#\\]*)/iu.exec(shown) ?? [];
  const [, reached = ''] = /^https?:[/\\]*([^/?#\\]*)/iu.exec(shown) ?? [];
  return { scheme, authority, host: reached.slice(reached.lastIndexOf('@') + 1) };
}
