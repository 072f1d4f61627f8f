import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { outOfFiles } from '../../errors.ts';
import type { Endpoint } from '../../events.ts';
import { addressClass, familyOf } from '../../network/address.ts';
import type { Listener } from '../../network/listen.ts';
import type { Gateway } from '../../network/port-mapping/gateway.ts';
import type { MappingProtocol } from '../../network/port-mapping/mapper.ts';
import type { PortMapping } from '../../network/port-mapping/map-port.ts';

/** A router that maps nothing is asked again after so long at the earliest. A session that searches meets every second. */
const ASK_AGAIN_MS = 15_000;

/** A port of our router that leads to our listener. */
export interface Forwarded {
  readonly protocol: MappingProtocol;
  readonly external: Endpoint;
}

/** What a race takes from the port while it lasts. */
export interface ForwardedUse {
  /** The port is mapped, now or later, or to another endpoint than before. */
  readonly onMapped: (forwarded: Forwarded) => void;
  /** Hands on a connection that has proven nothing. The receiver owns it. */
  readonly onSocket: (socket: Socket) => void;
  /** The end of the race. */
  readonly signal: AbortSignal;
}

/**
 * The port that our router maps for one session, with a listener of its own.
 * Nobody is asked before `ask`. From then on the port is kept over all meetings,
 * so that the next one has it at once.
 */
export class ForwardedPort {
  readonly #gateway: Gateway | undefined;
  readonly #uses = new Set<ForwardedUse>();
  readonly #watchers = new Set<() => void>();
  #asked: { readonly local: string; readonly at: number; readonly end: AbortController } | undefined;
  #listener: Listener | undefined;
  #mapping: PortMapping | undefined;

  #isClosed = false;

  /** `gateway`: the router to ask; by default it is looked for. */
  constructor(gateway?: Gateway) {
    this.#gateway = gateway;
  }

  /** The port of our listener; undefined while there is none. */
  get localPort(): number | undefined {
    return this.#listener?.endpoint.port;
  }

  /** The endpoint outside, if it is at this address. */
  externalAt(address: string | undefined): Endpoint | undefined {
    const external = this.#mapping?.external;
    return external?.address === address ? external : undefined;
  }

  /** Tells the race of the port, and gives it the connections that come in, until its signal is aborted. */
  use(one: ForwardedUse): void {
    if (one.signal.aborted) {
      return;
    }
    this.#uses.add(one);
    one.signal.addEventListener('abort', () => this.#uses.delete(one), { once: true });
    const forwarded = this.#forwarded;
    if (forwarded !== undefined) {
      one.onMapped(forwarded);
    }
  }

  /** Calls back whenever the router has mapped another endpoint, until the returned function is called. */
  watch(onMapped: () => void): () => void {
    this.#watchers.add(onMapped);
    return () => void this.#watchers.delete(onMapped);
  }

  /**
   * Asks the router, unless it was asked already. `local` is our address towards the place, on whose interface the
   * router must be. Nobody is asked for a place on this machine.
   */
  ask(local: string): void {
    if (this.#isClosed || familyOf(local) !== 4 || addressClass(local) === 'loopback') {
      return;
    }
    const asked = this.#asked;
    const isKnown =
      asked?.local === local && (this.#mapping !== undefined || performance.now() - asked.at < ASK_AGAIN_MS);
    if (isKnown) {
      return;
    }
    // In another network the old port leads nowhere.
    this.#drop();
    const end = new AbortController();
    this.#asked = { local, at: performance.now(), end };
    this.#map(local, end.signal).catch((error: unknown) => {
      // A spray may have taken all files. It is done without the port then.
      if (outOfFiles(error) === undefined) {
        throw error;
      }
    });
  }

  /** Gives the port back. The process lasts until the router has answered, a second at most. */
  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  get #forwarded(): Forwarded | undefined {
    return this.#mapping && { protocol: this.#mapping.protocol, external: this.#mapping.external };
  }

  async #map(local: string, signal: AbortSignal): Promise<void> {
    // The first frame of the screen does not need this code.
    const [{ mapPort }, { listen }] = await Promise.all([
      import('../../network/port-mapping/map-port.ts'),
      import('../../network/listen.ts'),
    ]);
    const onSocket = (socket: Socket) => this.#accept(socket);
    const listener = await listen({ address: local, port: 0, family: 4, onSocket }).catch(() => undefined);
    if (listener === undefined) {
      return;
    }
    if (signal.aborted) {
      listener.close();
      return;
    }
    this.#listener = listener;
    const mapping = await mapPort({
      internalPort: listener.endpoint.port,
      local,
      gateway: this.#gateway,
      onChange: (external) => {
        if (external === undefined) {
          this.#drop();
        } else {
          this.#tell();
        }
      },
      signal,
    });
    if (signal.aborted) {
      return;
    }
    if (typeof mapping === 'string') {
      listener.close();
      this.#listener = undefined;
      return;
    }
    this.#mapping = mapping;
    this.#tell();
  }

  #tell(): void {
    const forwarded = this.#forwarded;
    if (forwarded !== undefined) {
      for (const one of this.#uses) {
        one.onMapped(forwarded);
      }
      this.#watchers.forEach((onMapped) => onMapped());
    }
  }

  /** The latest race takes it. Between two races nobody is expected. */
  #accept(socket: Socket): void {
    const latest = [...this.#uses].at(-1);
    if (latest === undefined) {
      socket.destroy();
    } else {
      latest.onSocket(socket);
    }
  }

  #drop(): void {
    this.#asked?.end.abort();
    this.#asked = undefined;
    this.#mapping = undefined;
    this.#listener?.close();
    this.#listener = undefined;
  }
}
