import { type RelayAnswer, Rendezvous, type RelayRefused, type RendezvousOptions } from './rendezvous.ts';
import { within, TimeoutError } from '../../../network/waiting.ts';
import { PunchlineError } from '../../../errors.ts';
import type { Family } from '../../../events.ts';
import { parseServer } from '../../../network/endpoint.ts';
import type { Proxy } from '../../../network/proxy/proxy.ts';
import type { Connection } from '../../../network/sockets.ts';
import type { MessageOf, ServerMessage } from '../../../protocol/rendezvous-messages.ts';
import { addressClass, carriedAddress, type AddressClass } from '../../../network/address.ts';

export interface RelayAnswerOptions {
  /** Given if another server has sent us to this one. */
  readonly ticket?: string | undefined;
  readonly answerMs: number;
  readonly signal: AbortSignal;
}

/** Asks to be relayed, and waits a bounded time. Rejects with what ended the connection, TimeoutError, or the signal's reason. */
export async function relayAnswer(
  rendezvous: Rendezvous,
  { ticket, answerMs, signal }: RelayAnswerOptions,
): Promise<RelayAnswer> {
  const asked = rendezvous.relay(ticket);
  try {
    return await within(asked, answerMs, signal);
  } catch (error) {
    // An answer may still come, when nobody waits for it any more.
    void asked.then(drop, () => undefined);
    throw error;
  }
}

function drop(answer: RelayAnswer): void {
  if (!('t' in answer)) {
    answer.destroy();
  }
}

export interface RelayElsewhereOptions extends Omit<RelayAnswerOptions, 'ticket'> {
  /** The one that sends us. */
  readonly rendezvous: Rendezvous;
  /** What leads to ours, and to the other one. */
  readonly proxy: Proxy | undefined;
  /** The family in which the other server is dialled; by default both. */
  readonly family: Family | undefined;
  /** Given if ours is reached at https: the host of its certificate. */
  readonly secureAs?: string | undefined;
}

/** Our rendezvous has named the other server, and may name anybody's. */
const MAX_ADDRESSES = 3;

/**
 * Goes to the server that relays instead of our rendezvous: one connection, one line,
 * and no further redirect. Resolves with the connection, which is then the
 * caller's, or with why there is none. Rejects with the signal's reason.
 */
export async function relayElsewhere(
  { server, ticket }: MessageOf<ServerMessage, 'redirect'>,
  { rendezvous, proxy, family, secureAs, answerMs, signal }: RelayElsewhereOptions,
): Promise<Connection | RelayRefused> {
  let elsewhere: Rendezvous | undefined;
  try {
    elsewhere = await dialElsewhere(secureAs, {
      answerMs,
      server: parseServer(server),
      proxy,
      family,
      maxAddresses: MAX_ADDRESSES,
      refusal: (address) =>
        redirectRefusal(address, rendezvous.isProxied ? undefined : rendezvous.remote.address),
      // No probe: how we are mapped towards this server does not matter.
      onBound: () => undefined,
      signal,
    });
    const answer = await relayAnswer(elsewhere, { ticket, answerMs, signal });
    if (!('t' in answer)) {
      rendezvous.relayedElsewhere();
    } else if (answer.t === 'redirect') {
      return refused(`${elsewhere.server} sends us on to another server`);
    }
    return answer;
  } catch (error) {
    if (error instanceof PunchlineError) {
      return refused(error.message);
    }
    if (error instanceof TimeoutError) {
      return refused(`${server} says nothing`);
    }
    throw error;
  } finally {
    // A connection that has become the relay is the caller's, and stays.
    elsewhere?.destroy();
  }
}

/**
 * Servers that share their rooms are reached in the same way, as a rule: at https, with the certificate of the same host.
 * Where a web server stands in front of ours, the other one may have none.
 */
async function dialElsewhere(secureAs: string | undefined, options: RendezvousOptions): Promise<Rendezvous> {
  if (secureAs !== undefined) {
    try {
      return await Rendezvous.dial({ ...options, secureAs });
    } catch (error) {
      if (!(error instanceof PunchlineError)) {
        throw error;
      }
    }
  }
  return Rendezvous.dial(options);
}

function refused(message: string): RelayRefused {
  return {
    t: 'relay-refused',
    code: 'ERR_RELAY_APART',
    message: `the peer is at another server, and ${message}`,
  };
}

/** From how far an address can be reached: from this machine, from its private network, or from the internet. */
const reach: Partial<Record<AddressClass, number>> = {
  loopback: 0,
  private: 1,
  'unique-local': 1,
  global: 2,
};

const words = {
  loopback: 'this machine',
  private: 'in a private network',
  'unique-local': 'in a private network',
  'link-local': 'a link-local address',
  global: 'on the internet',
  other: 'no address of a host',
} as const satisfies Record<AddressClass, string>;

/**
 * Why we do not go to an address to which a rendezvous sends us; undefined if we
 * do. A rendezvous must not make us dial what it cannot reach itself: one on the
 * internet sends nobody into a private network, or to this machine. Private
 * networks are not told apart, because there may be many, with a server in any.
 * `server` is undefined if a proxy leads to it, so that its address is not known. Then it may be anywhere.
 */
export function redirectRefusal(to: string, server: string | undefined): string | undefined {
  const kind = destinationClass(to);
  const there = reach[kind];
  const here = (server === undefined ? undefined : reach[destinationClass(server)]) ?? 2;
  return there !== undefined && there >= here ? undefined : words[kind];
}

/** A network with IPv6 alone reaches IPv4 servers through its NAT64, which leads to global addresses only. */
function destinationClass(address: string): AddressClass {
  const carried = carriedAddress(address);
  if (carried === undefined) {
    return addressClass(address);
  }
  return addressClass(carried) === 'global' ? 'global' : 'other';
}
