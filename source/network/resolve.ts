import { lookup } from 'node:dns/promises';
import { PunchlineError } from '../errors.ts';
import type { Family } from '../events.ts';
import { canonicalAddress, familyOf, inTurn, isAddress } from './address.ts';
import { within } from './waiting.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: Family;
}

/** Resolvers try several servers for 5 s each; a person should not have to wait for all of them. */
const LOOKUP_TIMEOUT_MS = 10_000;

/**
 * The addresses of a host name, with the families in turn. IPv4 comes first: a
 * punch needs the mapping of an IPv4 NAT, while our IPv6 addresses are sent as
 * host candidates anyway. Throws ERR_RENDEZVOUS_UNREACHABLE.
 */
export async function resolve(
  host: string,
  family: Family | undefined,
  signal: AbortSignal,
): Promise<ResolvedAddress[]> {
  const addresses = isAddress(host) ? [host] : await lookUp(host, signal);
  // An IPv4-mapped address is dialled as the IPv4 one; as IPv6 it would be dialled from a socket of the wrong family.
  const found = inTurn(addresses.map(canonicalAddress), (one) => familyOf(one) === 4);
  const usable = found.filter((one) => family === undefined || familyOf(one) === family);
  if (usable.length === 0) {
    throw new PunchlineError('ERR_RENDEZVOUS_UNREACHABLE', `${host} has no IPv${family} address`, {
      hint: `Leave out -${family}, or name a server that has one.`,
    });
  }
  return usable.map((address) => ({ address, family: familyOf(address) }));
}

async function lookUp(host: string, signal: AbortSignal): Promise<string[]> {
  try {
    const found = await within(lookup(host, { all: true }), LOOKUP_TIMEOUT_MS, signal);
    return found.map(({ address }) => address).filter(isAddress);
  } catch (cause) {
    signal.throwIfAborted();
    throw new PunchlineError('ERR_RENDEZVOUS_UNREACHABLE', `the name ${host} cannot be resolved`, {
      hint: 'Check how the server is spelt, and that this machine is online.',
      cause,
    });
  }
}
