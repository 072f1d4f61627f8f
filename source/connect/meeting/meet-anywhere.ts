import { PunchlineError } from '../../errors.ts';
import type { Happening } from '../../events.ts';
import { manyListeners } from '../../network/waiting.ts';
import type { MetChannel } from './connected-event.ts';
import { meet } from './meet.ts';
import type { MeetingContext } from '../meeting-context.ts';
import type { Place, PlaceSearch } from '../place.ts';

/** Each place costs a guess, for whoever answers there (design 3.6). */
const MAX_PLACES = 3;

interface Winner {
  readonly place: Place;
  readonly met: MetChannel;
}

/**
 * Meets the peer at the place that was named, and at those that a search finds meanwhile. Each gets a share and a
 * guess of its own, and one that fails does not end the others. The first channel wins. Throws what ended the try that
 * was shown last, ERR_NO_SUCH_ROOM if there was none, or the signal's reason.
 */
export async function meetAnywhere(
  context: MeetingContext,
  search: PlaceSearch,
  signal: AbortSignal,
): Promise<MetChannel> {
  const over = new AbortController();
  const either = manyListeners(AbortSignal.any([signal, over.signal]));
  const tries = new Tries(context, either);
  if (search.named === undefined) {
    // Until a place is found there is nothing else to show.
    const { kind, name } = context.place;
    context.emit({ event: 'rendezvous', state: 'connecting', place: kind, server: name });
  } else {
    tries.begin(search.named);
  }
  const searching = search.find((place) => tries.begin(place), either).then(() => tries.endSearch());
  try {
    const { place, met } = await tries.winner;
    search.choose(place);
    return met;
  } finally {
    over.abort();
    await searching;
  }
}

interface Try {
  /** What it has said while another one is shown. */
  held: Happening[];
  hasMatched: boolean;
}

/** Meetings with one peer at several places. One of them is shown: the first one, until another is matched. */
class Tries {
  readonly winner: Promise<Winner>;
  readonly #context: MeetingContext;
  readonly #signal: AbortSignal;
  readonly #settled = Promise.withResolvers<Winner>();
  #begun = 0;
  readonly #running = new Set<Try>();
  #isSearching = true;
  #shown: Try | undefined;
  #failure: unknown;

  constructor(context: MeetingContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
    this.winner = this.#settled.promise;
  }

  begin(place: Place): void {
    if (this.#begun >= MAX_PLACES || this.#signal.aborted) {
      return;
    }
    this.#begun += 1;
    const one: Try = { held: [], hasMatched: false };
    this.#running.add(one);
    this.#shown ??= one;
    const emit = (happening: Happening) => this.#hear(one, happening);
    meet({ ...this.#context, place, emit }, this.#signal).then(
      (met) => {
        this.#show(one);
        this.#settled.resolve({ place, met });
      },
      (error: unknown) => {
        // A failure after a match says more than a room in which nobody waits.
        if (this.#failure === undefined || one.hasMatched) {
          this.#failure = error;
        }
        this.#running.delete(one);
        const [other] = this.#running;
        if (this.#shown === one && other !== undefined) {
          this.#show(other);
        }
        this.#endIfOver();
      },
    );
  }

  endSearch(): void {
    this.#isSearching = false;
    this.#endIfOver();
  }

  #hear(one: Try, happening: Happening): void {
    if (happening.event === 'rendezvous' && happening.state === 'matched') {
      one.hasMatched = true;
      if (this.#shown?.hasMatched !== true) {
        this.#show(one);
      }
    }
    if (this.#shown === one) {
      this.#context.emit(happening);
    } else {
      one.held.push(happening);
    }
  }

  #show(one: Try): void {
    this.#shown = one;
    for (const happening of one.held.splice(0)) {
      this.#context.emit(happening);
    }
  }

  #endIfOver(): void {
    if (this.#isSearching || this.#running.size > 0) {
      return;
    }
    this.#settled.reject(this.#failure ?? this.#signal.reason ?? this.#nobody());
  }

  #nobody(): PunchlineError {
    const { number } = this.#context.code ?? { number: '' };
    return new PunchlineError(
      'ERR_NO_SUCH_ROOM',
      `nobody on the local network waits under the number ${number}`,
      {
        hint: 'Check the number, and that both of you are in the same network. Else name the place where your peer waits: CODE@HOST.',
      },
    );
  }
}
