/** Addresses of pages in a message. What comes in is safe text: hidden characters stand there as `⟨U+…⟩`, control characters as pictures. */

export interface Link {
  /** Where it stands in the text, UTF-16 units; `end` is behind it. */
  readonly start: number;
  readonly end: number;
  /** What a terminal opens; undefined where it is too long for one. */
  readonly href: string | undefined;
  /** The host that it really leads to, where the text can be taken for another one, or words for it. */
  readonly host: string | undefined;
}

/** What VTE takes for a link (its specification of OSC 8). A longer one would be written once a row for nothing. */
const MAX_HREF_LENGTH = 2083;

/** A name of 253 characters (RFC 1035) and a port. To read a longer one takes the square of its length: seconds for one of 60 KB. */
const MAX_HOST_LENGTH = 253 + 6;
/** In words: what reads it generously may still get somewhere. */
const overlongHost = 'a host with too long a name';

const candidates = /\bhttps?:\/\/[^\s<>"'`⟨⟩\u2400-\u2421]+/giu;
/** Belongs to the sentence, not to the address. */
const sentenceEnds = '.,;:!?…*_~';
/** By what closes it. */
const openings: ReadonlyMap<string, string> = new Map([
  [')', '('],
  [']', '['],
  ['}', '{'],
]);

/** All that are well formed, in order. */
export function linksOf(text: string): readonly Link[] {
  return Array.from(text.matchAll(candidates)).flatMap(({ 0: found, index }): readonly Link[] => {
    const shown = found.slice(0, lengthWithoutSentence(found));
    const { scheme, authority, host: written } = partsOf(shown);
    const place = { start: index, end: index + shown.length };
    if (written.length > MAX_HOST_LENGTH) {
      return [{ ...place, href: undefined, host: overlongHost }];
    }
    // Of a long one without its path: that changes nothing about the host.
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

/** What ends the sentence is no part of the address, nor is a bracket that closes what the address did not open. */
function lengthWithoutSentence(found: string): number {
  let { length } = found;
  /** Counted when the first bracket stands at the end: most addresses have none. */
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

/** How often each character stands there. */
function countsOf(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const character of text) {
    counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  return counts;
}

interface Parts {
  readonly scheme: string;
  /** What a reader takes for the host: all up to the path. Letters of other scripts, `user@` and escapes make it another one. */
  readonly authority: string;
  /** What a browser takes for it: however many slashes stand before it, and whoever logs in there. */
  readonly host: string;
}

function partsOf(shown: string): Parts {
  const [, scheme = '', authority = ''] = /^(https?:)\/\/([^/?#\\]*)/iu.exec(shown) ?? [];
  const [, reached = ''] = /^https?:[/\\]*([^/?#\\]*)/iu.exec(shown) ?? [];
  return { scheme, authority, host: reached.slice(reached.lastIndexOf('@') + 1) };
}
