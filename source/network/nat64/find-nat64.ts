import type { Family } from '../../events.ts';
import { routedAddress } from '../routed-address.ts';
import { askResolver as askSystem } from './ask-resolver.ts';
import type { Nat64 } from './translation.ts';

/** What the last network has said. */
let last: { readonly network: string; readonly nat64: Nat64 } | undefined;

/** What is asked of the system. */
export interface Nat64Sources {
  /** The address from which this machine sends to the internet; undefined without a route. */
  readonly routed: (family: Family) => Promise<string | undefined>;
  /** Rejects with the signal's reason alone. */
  readonly askResolver: (signal: AbortSignal) => Promise<Nat64 | undefined>;
}

const system: Nat64Sources = { routed: routedAddress, askResolver: askSystem };

/**
 * The NAT64 that leads from here to IPv4. Undefined if IPv4 has a route of its own, and nobody is asked then.
 * `addresses` are those of this machine. Rejects with the signal's reason alone.
 */
export async function findNat64(
  addresses: readonly string[],
  signal: AbortSignal,
  { routed, askResolver }: Nat64Sources = system,
): Promise<Nat64 | undefined> {
  if ((await routed(4)) !== undefined || (await routed(6)) === undefined) {
    return undefined;
  }
  const network = addresses.join(' ');
  if (last?.network !== network) {
    const nat64 = await askResolver(signal);
    last = nat64 && { network, nat64 };
  }
  return last?.nat64;
}
