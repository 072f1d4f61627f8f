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

const candidates = /\bhttps?:\/\/[^\s<>"'`⟨⟩\u2400-\u2421]+/giu;
/** Belongs to the sentence, not to the address. */
const sentenceEnd = /[.,;:!?…*_~]+$/u;

/** All that are well formed, in order. */
export function linksOf(text: string): readonly Link[] {
  return Array.from(text.matchAll(candidates)).flatMap((match): Link[] => {
    const shown = withoutSentence(match[0]);
    const url = URL.parse(shown);
    if (url === null || url.host === '') {
      return [];
    }
    const host = url.host === shownHost(shown) ? undefined : url.host;
    return [{ start: match.index, end: match.index + shown.length, href: url.href, host }];
  });
}

/** A bracket that closes what the address did not open stands around it. */
function withoutSentence(found: string): string {
  const trimmed = found.replace(sentenceEnd, '');
  const last = trimmed.at(-1) ?? '';
  const opening = { ')': '(', ']': '[', '}': '{' }[last];
  const isAround = opening !== undefined && trimmed.split(opening).length < trimmed.split(last).length;
  return isAround ? withoutSentence(trimmed.slice(0, -1)) : trimmed;
}

/** What a reader takes for the host: all up to the path. Letters of other scripts, `user@` and escapes make it another one. */
function shownHost(shown: string): string {
  const [, host = ''] = /^https?:\/\/([^/?#\\]*)/iu.exec(shown) ?? [];
  return host.toLowerCase();
}
