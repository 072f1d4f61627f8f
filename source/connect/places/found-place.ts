import type { PlaceKind } from '../../events.ts';
import type { PlaceAddress } from '../../protocol/place-address.ts';
import type { ObservedPort, Place, PlaceSearch, Visit } from '../place.ts';

/** The place of a code without a place: the one that was named otherwise, until another one is found and chosen. */
export class FoundPlace implements Place, PlaceSearch {
  readonly named: Place | undefined;
  readonly find: PlaceSearch['find'];
  #chosen: Place | undefined;

  constructor(named: Place | undefined, find: PlaceSearch['find']) {
    this.named = named;
    this.find = find;
    this.#chosen = named;
  }

  choose(place: Place): void {
    this.#chosen = place;
    this.named?.settled?.();
  }

  get kind(): PlaceKind {
    return this.#chosen?.kind ?? 'local';
  }

  get name(): string {
    return this.#chosen?.name ?? 'the local network';
  }

  get proxy(): string | undefined {
    return this.#chosen?.proxy;
  }

  get addresses(): readonly PlaceAddress[] {
    return this.#chosen?.addresses ?? [];
  }

  async visit(signal: AbortSignal): Promise<Visit> {
    if (this.#chosen === undefined) {
      throw new Error('a visit before a place was found');
    }
    return this.#chosen.visit(signal);
  }

  close(): void {
    this.named?.close();
    this.#chosen?.close();
  }

  async observePort(signal: AbortSignal): Promise<ObservedPort | undefined> {
    return this.#chosen?.observePort(signal);
  }
}
