import { lookup } from 'node:dns/promises';
import { isAddress } from '../address.ts';
import { within } from '../waiting.ts';
import { formatPrefix, prefixOf, translated, untranslated } from './prefix.ts';
import type { Nat64 } from './translation.ts';

/** It has IPv4 addresses alone. So an IPv6 one of it is made by a resolver that knows the NAT64 (RFC 7050). */
const ipv4Only = 'ipv4only.arpa';

/** Bounds the question. It delays a first dial, and a network whose resolver does not answer leads nowhere by name. */
const LOOKUP_MS = 2000;

/** The IPv6 addresses of a name. */
export type LookUp = (name: string) => Promise<readonly string[]>;

/** The NAT64 that the resolver of this network knows. Rejects with the signal's reason alone. */
export async function askResolver(
  signal: AbortSignal,
  lookUp: LookUp = systemLookUp,
): Promise<Nat64 | undefined> {
  const found = await within(lookUp(ipv4Only), LOOKUP_MS, signal).catch(() => []);
  signal.throwIfAborted();
  const [prefix] = found.filter(isAddress).flatMap((one) => prefixOf(one) ?? []);
  return (
    prefix && {
      prefix: formatPrefix(prefix),
      translated: (address) => translated(address, prefix),
      untranslated: (address) => untranslated(address, prefix),
    }
  );
}

async function systemLookUp(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true, family: 6 });
  return found.map(({ address }) => address);
}
