import type { Path } from '../events.ts';

/** What a first try may cost a session that has only begun. */
const FIRST_MS = 5000;
/** A direct path: 5, 10, 20 … 320 s, ten minutes in all. What is not found by then takes another address. */
const DIRECT_TRIES = 7;
/** A relayed path costs somebody else's line: it is tried as long as it lasts, at most this long apart. */
const RELAY_MAX_MS = 120_000;

export interface SearchState {
  readonly path: Path;
  /** Rounds so far, on this channel and since the last change of addresses. */
  readonly tries: number;
  /** Whether we have an address in a network of the peer's host candidates; undefined as long as we know none. */
  readonly sharesNetwork: boolean | undefined;
}

/** How long to wait for the next try to find a better path, or undefined where only another address could help. */
export function nextSearchMs({ path, tries, sharesNetwork }: SearchState): number | undefined {
  const waitMs = FIRST_MS * 2 ** tries;
  switch (path) {
    case 'lan':
      return undefined;
    case 'direct':
      return tries >= DIRECT_TRIES || sharesNetwork === false ? undefined : waitMs;
    case 'relay':
      return Math.min(waitMs, RELAY_MAX_MS);
  }
}
