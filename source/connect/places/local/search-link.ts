import type { Family } from '../../../events.ts';
import type { PlaceSearch } from '../../place.ts';
import { RendezvousPlace } from '../rendezvous/rendezvous-place.ts';
import { isToJoin, SEARCH_MS } from './announcement-id.ts';
import { findOnLink } from './find-on-link.ts';
import { linkInterfaces } from './link-interfaces.ts';

export interface SearchLinkOptions {
  /** Of the code. */
  readonly number: number;
  readonly families: readonly Family[];
  /** If we are announced ourselves, for the same number: under which id. */
  readonly ownId?: string | undefined;
  /** How long a host may take to answer a line. */
  readonly answerMs: number;
}

/**
 * Looks on the local network, for 3 s, for hosts that wait under a number. Each of them runs a rendezvous. Where we are
 * a host ourselves, only those are found that do not join us.
 */
export function searchLink({ number, families, ownId, answerMs }: SearchLinkOptions): PlaceSearch['find'] {
  return async (onFound, signal) => {
    if (linkInterfaces(families).length === 0) {
      return;
    }
    const known = new Set<string>();
    const over = new AbortController();
    // Nothing but a timer of our own keeps the search: on Node 22.12 a signal of AbortSignal.timeout() that only
    // AbortSignal.any() holds is collected, and never aborts.
    const timer = setTimeout(() => over.abort(), SEARCH_MS);
    await findOnLink({
      number,
      families,
      signal: AbortSignal.any([signal, over.signal]),
      onFound: ({ id, endpoint: { address, port } }) => {
        // A host is found at each of its addresses.
        if (known.has(id) || (ownId !== undefined && !isToJoin(ownId, id))) {
          return;
        }
        known.add(id);
        onFound(
          new RendezvousPlace({
            kind: 'local',
            server: { host: address, port },
            family: undefined,
            probePort: undefined,
            report: false,
            answerMs,
          }),
        );
      },
    });
    clearTimeout(timer);
  };
}
