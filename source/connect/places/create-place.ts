import { usageError } from '../../errors.ts';
import type { Family } from '../../events.ts';
import { isMailbox, placesOf, type PlaceAddress } from '../../protocol/place-address.ts';
import type { ConnectOptions, Waits } from '../connect-options.ts';
import type { Place } from '../place.ts';
import { LatePlace } from './late-place.ts';
import { RendezvousPlace } from './rendezvous/rendezvous-place.ts';
import { familiesInTurn, SeveralPlaces } from './several-places.ts';

/** Makes the place that the options name. Throws ERR_USAGE if they name none. */
export function createPlace(options: ConnectOptions, waits: Waits, families: readonly Family[]): Place {
  const { lan = true, here } = options;
  if (here !== undefined) {
    return new LatePlace({ kind: 'here', name: 'this machine', addresses: [] }, async () => {
      const { HerePlace } = await import('./here/here-place.ts');
      return new HerePlace({ ...here, families, lan, answerMs: waits.answerMs });
    });
  }
  const places = familiesInTurn(placesOf(options.server ?? [])).map((address) =>
    placeAt(address, options, waits),
  );
  const [first] = places;
  if (first === undefined) {
    throw usageError('no place to meet is named', 'Name a rendezvous as server, or start one with here.');
  }
  return places.length === 1 ? first : new SeveralPlaces(places);
}

function placeAt(
  address: PlaceAddress,
  { family, probePort, report = true }: ConnectOptions,
  { answerMs }: Waits,
): Place {
  if (isMailbox(address)) {
    throw new Error('only a rendezvous is known yet');
  }
  return new RendezvousPlace({ server: address, family, probePort, report, answerMs });
}
