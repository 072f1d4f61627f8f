import type { Endpoint } from '../../events.ts';
import type { Gateway } from './gateway.ts';

export type MappingProtocol = 'pcp' | 'nat-pmp' | 'upnp';

/** What a mapping is wanted for: connections to `internalPort` of our own address, `gateway.local`. */
export interface MappingTarget {
  readonly gateway: Gateway;
  readonly internalPort: number;
}

/** What a router has granted. */
export interface Grant {
  readonly external: Endpoint;
  readonly lifetimeMs: number;
}

/** One mapping, by one protocol. */
export interface Mapper {
  readonly protocol: MappingProtocol;
  /** Maps the port, or renews the mapping. Rejects with NoMapping, or with the signal's reason. */
  map(signal: AbortSignal): Promise<Grant>;
  /** Gives the port back if the router may have mapped it. Takes a second at most if the router does not answer. Never rejects. */
  unmap(): Promise<void>;
}

/**
 * How long a mapping is asked for. If this program is killed, nobody gives the
 * port back, and it stays open so long.
 */
export const LIFETIME_SECONDS = 600;
