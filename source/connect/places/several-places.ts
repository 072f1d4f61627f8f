import { PunchlineError } from '../../errors.ts';
import type { PlaceKind } from '../../events.ts';
import { familyOf, isAddress } from '../../network/address.ts';
import { manyListeners } from '../../network/waiting.ts';
import { isMailbox, type PlaceAddress } from '../../protocol/place-address.ts';
import type { ObservedPort, Place, Visit } from '../place.ts';

/** RFC 8305, section 8: the pause before the next one is dialled beside those that have not answered. */
const NEXT_AFTER_MS = 250;

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
function firstVisit(places: readonly Place[], signal: AbortSignal): Promise<Visited> {
  const over = new AbortController();
  const either = manyListeners(AbortSignal.any([signal, over.signal]));
  const failures: unknown[] = [];
  let next = 0;
  let timer: NodeJS.Timeout | undefined;
  function end(tell: () => void) {
    clearTimeout(timer);
    over.abort();
    tell();
  }
  return new Promise((resolve, reject) => {
    function start() {
      clearTimeout(timer);
      const index = next;
      const place = places[index];
      if (place === undefined) {
        return;
      }
      next += 1;
      timer = setTimeout(start, NEXT_AFTER_MS);
      place.visit(either).then(
        (visit) => {
          if (over.signal.aborted) {
            visit.destroy();
          } else {
            end(() => resolve({ place, visit }));
          }
        },
        (error: unknown) => {
          failures[index] = error;
          if (signal.aborted) {
            end(() => reject(signal.reason as Error));
          } else if (Object.keys(failures).length === places.length) {
            end(() => reject(joined(failures)));
          } else if (!over.signal.aborted) {
            start();
          }
        },
      );
    }
    start();
  });
}

function joined(failures: readonly unknown[]): unknown {
  const [first] = failures;
  const expected = failures.filter((one) => one instanceof PunchlineError);
  if (failures.length === 1 || !(first instanceof PunchlineError) || expected.length < failures.length) {
    return failures.find((one) => !(one instanceof PunchlineError)) ?? first;
  }
  const { code, hint } = first;
  return new PunchlineError(code, expected.map(({ message }) => message).join('; '), {
    ...(hint !== undefined && { hint }),
    cause: first,
  });
}

/** Families in turn, beginning with that of the first (RFC 8305, section 4). The order is kept otherwise. */
export function familiesInTurn(places: readonly PlaceAddress[]): readonly PlaceAddress[] {
  const [first] = places;
  const isFirstSixth = first !== undefined && isSixth(first);
  const same = places.filter((one) => isSixth(one) === isFirstSixth);
  const others = places.filter((one) => isSixth(one) !== isFirstSixth);
  return Array.from({ length: Math.max(same.length, others.length) }, (_, index) =>
    [same[index], others[index]].filter((one) => one !== undefined),
  ).flat();
}

function isSixth(place: PlaceAddress): boolean {
  return !isMailbox(place) && isAddress(place.host) && familyOf(place.host) === 6;
}
