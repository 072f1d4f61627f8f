import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { PunchlineError } from '../errors.ts';
import type { Family } from '../events.ts';
import { within } from './within.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: Family;
}

/** Resolvers try several servers for 5 s each; a person should not wait for all of that. */
const LOOKUP_TIMEOUT_MS = 10_000;

/**
 * The addresses of a host name, IPv4 first: a punch needs the mapping of an
 * IPv4 NAT, IPv6 travels as a candidate. Throws ERR_RENDEZVOUS_UNREACHABLE.
 */
export async function resolve(
  host: string,
  family: Family | undefined,
  signal: AbortSignal,
): Promise<ResolvedAddress[]> {
  const literal = isIP(host);
  const found =
    literal === 0
      ? await lookUp(host, signal)
      : [{ address: host, family: literal === 6 ? (6 as const) : (4 as const) }];
  const usable = found.filter((one) => family === undefined || one.family === family);
  if (usable.length === 0) {
    throw new PunchlineError('ERR_RENDEZVOUS_UNREACHABLE', `${host} has no IPv${family} address`, {
      hint: `Leave out -${family}, or name a server that has one.`,
    });
  }
  return usable.toSorted((one, other) => one.family - other.family);
}

async function lookUp(host: string, signal: AbortSignal): Promise<ResolvedAddress[]> {
  try {
    const found = await within(lookup(host, { all: true }), LOOKUP_TIMEOUT_MS, signal);
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  } catch (cause) {
    signal.throwIfAborted();
    throw new PunchlineError('ERR_RENDEZVOUS_UNREACHABLE', `the name ${host} cannot be resolved`, {
      hint: 'Check how the server is spelt, and that this machine is online.',
      cause,
    });
  }
}
