import { lookup } from 'node:dns/promises';
import { PunchlineError } from '../errors.ts';
import type { Family } from '../events.ts';
import { addressClass, canonicalAddress, familyOf, inTurn, isAddress } from './address.ts';
import { meantAddress, useNat64 } from './nat64/translation.ts';
import { ownAddresses } from './sockets.ts';
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
  // Both peers of a rendezvous on this machine are on it, too.
  if (!addresses.every((one) => addressClass(one) === 'loopback')) {
    await lookForNat64(signal);
  }
  // An IPv4-mapped address is dialled as the IPv4 one; as IPv6 it would be dialled from a socket of the wrong family.
  // What a resolver has translated for a NAT64 is the IPv4 address that it stands for, too.
  const meant = addresses.map((one) => meantAddress(canonicalAddress(one)));
  const found = inTurn([...new Set(meant)], (one) => familyOf(one) === 4);
  const usable = found.filter((one) => family === undefined || familyOf(one) === family);
  if (usable.length === 0) {
    throw new PunchlineError('ERR_RENDEZVOUS_UNREACHABLE', `${host} has no IPv${family} address`, {
      hint: `Leave out -${family}, or name a server that has one.`,
    });
  }
  return usable.map((address) => ({ address, family: familyOf(address) }));
}

/** Learns whether a NAT64 leads to IPv4 from here. Nothing waits for that where this machine has private IPv4 addresses alone. */
async function lookForNat64(signal: AbortSignal): Promise<void> {
  const own = ownAddresses();
  const isOutside = own.some((one) => /global|unique/.test(addressClass(one)));
  // The first frame of the screen does not need this code.
  useNat64(isOutside ? await (await import('./nat64/find-nat64.ts')).findNat64(own, signal) : undefined);
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
