import type { Family } from '../../../events.ts';
import { addressClass } from '../../../network/address.ts';
import type { Server } from '../../../network/endpoint.ts';
import { mapPort, type PortMapping } from '../../../network/port-mapping/map-port.ts';
import { manyListeners, within } from '../../../network/waiting.ts';

/** A router answers PCP and NAT-PMP within milliseconds, and UPnP within a second or two. The user waits for the invite. */
const ROUTER_MS = 3000;

/** A wish to the router: a port over IPv4, or a way through its firewall to one of our IPv6 addresses. */
export interface WantedPort {
  readonly family: Family;
  /** Over IPv4 all of our addresses. The router maps the port to one of them. */
  readonly addresses: readonly string[];
}

interface HeldPort {
  readonly over: AbortController;
  readonly mapping: Promise<PortMapping | string>;
}

export interface RouterPortsOptions {
  /** On which we listen. */
  readonly port: number;
  /** The router has given another endpoint, or none any more. */
  readonly onChange: () => void;
  /** Gives all of them back. */
  readonly signal: AbortSignal;
}

/** The ports that the router has mapped for the host. Each is kept as long as our addresses stay. */
export class RouterPorts {
  readonly #options: RouterPortsOptions;
  readonly #held = new Map<string, HeldPort>();

  constructor(options: RouterPortsOptions) {
    this.#options = options;
  }

  /** Asks for what is new, gives back what nobody wants any more, and resolves with the endpoints, within 4 s. */
  async map(wanted: readonly WantedPort[]): Promise<readonly Server[]> {
    const keys = new Map(wanted.map((one) => [`${one.family} ${one.addresses.join(' ')}`, one]));
    // Before anything new is asked for: a router could take back the new one in place of the old one.
    const gone = [...this.#held.keys()].filter((key) => !keys.has(key));
    await Promise.all(gone.map((key) => this.#drop(key)));
    const endpoints = await Promise.all([...keys].map(([key, one]) => this.#endpoint(key, one)));
    return endpoints.filter((one) => one !== undefined);
  }

  async #drop(key: string): Promise<void> {
    const held = this.#held.get(key);
    this.#held.delete(key);
    held?.over.abort();
    const mapping = await held?.mapping;
    if (typeof mapping === 'object') {
      await mapping.close();
    }
  }

  async #endpoint(key: string, { family, addresses }: WantedPort): Promise<Server | undefined> {
    const held = this.#held.get(key) ?? this.#ask(key, family, addresses);
    const mapping = await within(held.mapping, ROUTER_MS, this.#options.signal).catch(() => undefined);
    // An IPv6 address that the router lets in stays the same, and is in the invite anyway. Behind a second NAT the
    // mapping leads only to the network between the two.
    return typeof mapping === 'object' && family === 4 && addressClass(mapping.external.address) === 'global'
      ? { host: mapping.external.address, port: mapping.external.port }
      : undefined;
  }

  #ask(key: string, family: Family, addresses: readonly string[]): HeldPort {
    const { port, onChange, signal } = this.#options;
    const over = new AbortController();
    const mapping = mapPort({
      internalPort: port,
      family,
      local: family === 6 ? addresses[0] : undefined,
      signal: manyListeners(AbortSignal.any([signal, over.signal])),
      onChange: (external) => {
        if (external === undefined) {
          this.#held.delete(key);
        }
        onChange();
      },
    });
    const held = { over, mapping };
    this.#held.set(key, held);
    return held;
  }
}
