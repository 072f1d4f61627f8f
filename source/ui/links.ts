/** Addresses of pages in a message. What comes in is safe text: hidden characters stand there as `⟨U+…⟩`, control characters as pictures. */

export interface Link {
  /** Where it stands in the text, UTF-16 units; `end` is behind it. */
  readonly start: number;
  readonly end: number;
  /** What a terminal opens. */
  readonly href: string;
  /** The host that it really leads to, where the text can be taken for another one. */
  readonly host: string | undefined;
}

/**
 * A longer address is no link. Every row on which a link stands carries all of
 * its address to the terminal, and terminals take no more than this (VTE's limit).
 */
const MAX_LINK_LENGTH = 2083;

/** No name in the DNS is longer (RFC 1035, section 2.3.4). Reading a host is quadratic in its length. */
const MAX_HOST_LENGTH = 253;

const candidates = /\bhttps?:\/\/[^\s<>"'`⟨⟩\u2400-\u2421]+/giu;

/** Belongs to the sentence, not to the address. */
const sentenceEnds = new Set('.,;:!?…*_~');

/** A bracket that closes what the address did not open stands around it. */
const openings: ReadonlyMap<string, string> = new Map([
  [')', '('],
  [']', '['],
  ['}', '{'],
]);

/** All that are well formed, in order. */
export function linksOf(text: string): readonly Link[] {
  return Array.from(text.matchAll(candidates)).flatMap((match): Link[] => {
    const shown = withoutSentence(match[0]);
    const shownAsHost = shownHost(shown);
    if (shown.length > MAX_LINK_LENGTH || shownAsHost.length > MAX_HOST_LENGTH) {
      return [];
    }
    const url = URL.parse(shown);
    if (url === null || url.host === '') {
      return [];
    }
    const host = url.host === shownAsHost ? undefined : url.host;
    return [{ start: match.index, end: match.index + shown.length, href: url.href, host }];
  });
}

/** The address without what the sentence around it has put behind it: looked through once, from each end. */
function withoutSentence(found: string): string {
  const counts = new Map<string, number>();
  for (const character of found) {
    counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  let end = found.length;
  for (; end > 0; end -= 1) {
    const last = found.charAt(end - 1);
    const opening = openings.get(last);
    const isAround = opening !== undefined && (counts.get(opening) ?? 0) < (counts.get(last) ?? 0);
    if (!isAround && !sentenceEnds.has(last)) {
      break;
    }
    counts.set(last, (counts.get(last) ?? 0) - 1);
  }
  return found.slice(0, end);
}

/** The part that a reader takes for the host: all up to the path. Letters of other scripts, `user@` and escapes make it another one. */
function shownHost(shown: string): string {
  const [, host = ''] = /^https?:\/\/([^/?#\\]*)/iu.exec(shown) ?? [];
  return host.toLowerCase();
}
