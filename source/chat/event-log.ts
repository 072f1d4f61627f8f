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
  /** What happened while something else is being told: it waits, so that all listeners see one order. */
  readonly #pending: PunchlineEvent[] = [];
  #telling = false;
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

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
      // One that left meanwhile wants no more.
      if (this.#listeners.has(listener)) {
        listener(event);
      }
    }
  }
}
