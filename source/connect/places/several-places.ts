import type { PlaceKind } from '../../events.ts';
import { familyOf, inTurn, isAddress } from '../../network/address.ts';
import { AllFailed, firstToSucceed } from '../../network/happy-eyeballs.ts';
import { type PlaceAddress, serverAt } from '../../protocol/place-address.ts';
import type { ObservedPort, Place, Visit } from '../place.ts';
import { joinedFailure } from './rendezvous/server-failure.ts';

/** Several places that lead to the same room, for example the addresses of one host. The first one that answers is visited. */
export class SeveralPlaces implements Place {
  readonly #places: readonly Place[];
  /** The one that was visited last. It is dialled first next time. */
  #visited: Place | undefined;

  constructor(places: readonly Place[]) {
    this.#places = places;
  }

  get kind(): PlaceKind {
    return (this.#visited ?? this.#places[0])?.kind ?? 'rendezvous';
  }

  get name(): string {
    return this.#visited?.name ?? this.#places.map(({ name }) => name).join(', ');
  }

  get proxy(): string | undefined {
    return (this.#visited ?? this.#places[0])?.proxy;
  }

  get addresses(): readonly PlaceAddress[] {
    return this.#places.flatMap(({ addresses }) => addresses);
  }

  async visit(signal: AbortSignal): Promise<Visit> {
    const visited = this.#visited;
    const places =
      visited === undefined ? this.#places : [visited, ...this.#places.filter((one) => one !== visited)];
    const { place, visit } = await firstVisit(places, signal);
    this.#visited = place;
    return visit;
  }

  renew(): void {
    for (const place of this.#places) {
      place.renew?.();
    }
  }

  close(): void {
    for (const place of this.#places) {
      place.close();
    }
  }

  async observePort(signal: AbortSignal): Promise<ObservedPort | undefined> {
    return this.#visited?.observePort(signal);
  }
}

interface Visited {
  readonly place: Place;
  readonly visit: Visit;
}

/**
 * Visits the places one after the other, without waiting for those that do not answer, until one is reached. The first
 * SYN leaves in this turn. Rejects with the error of the first place if all fail, or with the signal's reason.
 */
async function firstVisit(places: readonly Place[], signal: AbortSignal): Promise<Visited> {
  try {
    return await firstToSucceed(places, {
      attempt: async (place, either) => ({ place, visit: await place.visit(either) }),
      discard: ({ visit }) => visit.destroy(),
      signal,
    });
  } catch (error) {
    throw error instanceof AllFailed ? joinedFailure(error.failures) : error;
  }
}

/** Families in turn, beginning with that of the first (RFC 8305, section 4). The order is kept otherwise. */
export function placesInTurn(places: readonly PlaceAddress[]): readonly PlaceAddress[] {
  const [first] = places;
  const isFirstSixth = first !== undefined && isSixth(first);
  return inTurn(places, (one) => isSixth(one) === isFirstSixth);
}

function isSixth(place: PlaceAddress): boolean {
  const host = serverAt(place)?.host;
  return host !== undefined && isAddress(host) && familyOf(host) === 6;
}
