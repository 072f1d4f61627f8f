import type { PlaceKind } from '../../events.ts';
import type { PlaceAddress } from '../../protocol/place-address.ts';
import type { ObservedPort, Place, Visit } from '../place.ts';

/** A place whose code is loaded with the first visit, because the first frame of the screen does not need it. */
export class LatePlace implements Place {
  readonly kind: PlaceKind;
  readonly name: string;
  readonly proxy: string | undefined;
  readonly #load: () => Promise<Place>;
  readonly #named: readonly PlaceAddress[];
  #loaded: Place | undefined;
  #loading: Promise<Place> | undefined;
  #isClosed = false;

  constructor(
    { kind, name, addresses, proxy }: Pick<Place, 'kind' | 'name' | 'addresses' | 'proxy'>,
    load: () => Promise<Place>,
  ) {
    this.kind = kind;
    this.name = name;
    this.proxy = proxy;
    this.#named = addresses;
    this.#load = load;
  }

  get addresses(): readonly PlaceAddress[] {
    return this.#loaded?.addresses ?? this.#named;
  }

  get hint(): string | undefined {
    return this.#loaded?.hint;
  }

  async visit(signal: AbortSignal): Promise<Visit> {
    this.#loading ??= this.#load();
    const place = await this.#loading;
    this.#loaded = place;
    if (this.#isClosed) {
      place.close();
    }
    return place.visit(signal);
  }

  settled(): void {
    this.#loaded?.settled?.();
  }

  close(): void {
    this.#isClosed = true;
    this.#loaded?.close();
  }

  async observePort(signal: AbortSignal): Promise<ObservedPort | undefined> {
    return this.#loaded?.observePort(signal);
  }
}
