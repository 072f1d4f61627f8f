import type { Happening, PunchlineEvent } from '../events.ts';

type Listener = (event: PunchlineEvent) => void;

/** What may happen while a face is being loaded, with room to spare; bounds what is kept for late listeners. */
const MAX_EARLY = 500;

/**
 * Stamps what happens and passes it on, in order. The beginning is kept, and
 * told to everybody who comes late: a screen takes a moment to load.
 */
export class EventLog {
  readonly #listeners = new Set<Listener>();
  readonly #early: PunchlineEvent[] = [];
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  /** Nothing follows `ended`. */
  emit(happening: Happening): void {
    if (this.#ended) return;
    this.#ended = happening.event === 'ended';
    const event: PunchlineEvent = { v: 1, at: Date.now(), ...happening };
    if (this.#early.length < MAX_EARLY) this.#early.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  subscribe(listener: Listener): () => void {
    for (const event of this.#early) listener(event);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
