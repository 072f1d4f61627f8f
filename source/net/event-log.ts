import type { Happening, PunchlineEvent } from '../events.ts';

type Listener = (event: PunchlineEvent) => void;

/**
 * Stamps what happens and passes it on, in order. What happens before anybody
 * listens is kept for the first who does: a screen takes a moment to load.
 */
export class EventLog {
  readonly #listeners = new Set<Listener>();
  #early: PunchlineEvent[] = [];
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  /** Nothing follows `ended`. */
  emit(happening: Happening): void {
    if (this.#ended) return;
    this.#ended = happening.event === 'ended';
    const event: PunchlineEvent = { v: 1, at: Date.now(), ...happening };
    if (this.#listeners.size === 0) this.#early.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    for (const event of this.#early.splice(0)) listener(event);
    return () => this.#listeners.delete(listener);
  }
}
