import type { Happening, PunchlineEvent } from '../events.ts';

type Listener = (event: PunchlineEvent) => void;

/** Bounds the events that are kept for late listeners. Far fewer happen while a face is being loaded. */
const MAX_EARLY = 500;

/**
 * Stamps events and passes them on in order. The first events are kept for
 * listeners that come late, because a screen takes a moment to load.
 */
export class EventLog {
  readonly #listeners = new Set<Listener>();
  readonly #early: PunchlineEvent[] = [];
  /** Events that are emitted by a listener. They wait, so that all listeners see one order. */
  readonly #pending: PunchlineEvent[] = [];
  #telling = false;
  #ended = false;

  /** Nothing follows `ended`. */
  emit(happening: Happening): void {
    if (this.#ended) {
      return;
    }
    this.#ended = happening.event === 'ended';
    this.#pending.push({ v: 1, at: Date.now(), ...happening });
    if (this.#telling) {
      return;
    }
    this.#telling = true;
    try {
      for (let event = this.#pending.shift(); event !== undefined; event = this.#pending.shift()) {
        this.#tell(event);
      }
    } finally {
      this.#telling = false;
    }
  }

  subscribe(listener: Listener): () => void {
    for (const event of this.#early) {
      listener(event);
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(event: PunchlineEvent): void {
    const listeners = [...this.#listeners];
    if (this.#early.length < MAX_EARLY || event.event === 'ended') {
      this.#early.push(event);
    }
    for (const listener of listeners) {
      // A listener may have left during this event.
      if (this.#listeners.has(listener)) {
        listener(event);
      }
    }
  }
}
