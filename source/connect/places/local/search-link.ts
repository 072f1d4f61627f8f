import type { Family } from '../../../events.ts';
import type { PlaceSearch } from '../../place.ts';
import { RendezvousPlace } from '../rendezvous/rendezvous-place.ts';
import { findOnLink } from './find-on-link.ts';

/** A host on the same link answers within milliseconds. One that sleeps, or a lost datagram, takes a second. */
const SEARCH_MS = 3000;

export interface SearchLinkOptions {
  /** Of the code. */
  readonly number: number;
  readonly families: readonly Family[];
  /** How long a host may take to answer a line. */
  readonly answerMs: number;
}

/** Looks on the local network, for 3 s, for hosts that wait under a number. Each of them runs a rendezvous. */
export function searchLink({ number, families, answerMs }: SearchLinkOptions): PlaceSearch['find'] {
  return async (onFound, signal) => {
    const known = new Set<string>();
    await findOnLink({
      number,
      families,
      signal: AbortSignal.any([signal, AbortSignal.timeout(SEARCH_MS)]),
      onFound: ({ id, endpoint: { address, port } }) => {
        // A host is found at each of its addresses.
        if (known.has(id)) {
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
  };
}
