import type { RefusalReason } from '../admission/refusal.ts';
import type { SpliceEnd } from './splice.ts';

/** A server sends this to the peer's server when its client has asked for the relay. */
export interface RelayOffer {
  /** The address at which it can be reached itself; undefined if it would not relay the two. */
  readonly server?: string | undefined;
  /** The reason why it would not. */
  readonly refusal?: { readonly code: RelayRefusal; readonly message: string } | undefined;
  /** Whether its client can be sent elsewhere. */
  readonly follows: boolean;
}

/**
 * Chooses the server that relays two peers at different servers: that of `a` if
 * it can, else that of `b`. Both servers call this with the same offers, so they
 * agree without another message.
 */
export function chooseRelay(
  a: RelayOffer,
  b: RelayOffer,
): 'a' | 'b' | { readonly code: RelayRefusal; readonly message: string } {
  const spent = [a, b].find(({ refusal }) => refusal?.code === 'ERR_RELAY_USED_UP')?.refusal;
  // The bound holds for a session, not for each of its servers.
  if (spent !== undefined) {
    return spent;
  }
  if (a.server !== undefined && b.follows) {
    return 'a';
  }
  if (b.server !== undefined && a.follows) {
    return 'b';
  }
  const { refusal } = a.refusal === undefined ? b : a;
  if (refusal !== undefined && a.server === undefined && b.server === undefined) {
    return refusal;
  }
  return {
    code: 'ERR_RELAY_APART',
    message: 'the two of you are at different servers, and neither program can be sent to the other server',
  };
}

/** Why a pair is not relayed. */
export type RelayRefusal =
  | 'ERR_RELAY_OFF'
  | 'ERR_RELAY_ALONE'
  | 'ERR_RELAY_FULL'
  | 'ERR_RELAY_ADDRESS_FULL'
  | 'ERR_RELAY_USED_UP'
  | 'ERR_RELAY_APART'
  | 'ERR_RELAY_TICKET';

/** The refusals that are limits, with the reason by which the metrics count them. */
export const relayLimits: Partial<Record<RelayRefusal, RefusalReason>> = {
  ERR_RELAY_FULL: 'relayed-pairs',
  ERR_RELAY_ADDRESS_FULL: 'address-relayed-pairs',
  ERR_RELAY_USED_UP: 'relay-used-up',
};

/** A side that has asked for the relay, and sends nothing more until it gets an answer. */
export interface RelaySide {
  /** 16 random bytes of the client's process. */
  readonly client: string;
  readonly address: string;
  /** For the log. */
  readonly shown: string;
  /** Whether it can be sent to another server. */
  readonly follows: boolean;
  /** Refuses. The client goes on with JSON. */
  refuse(code: RelayRefusal, message: string): void;
  /** Sends the client to another server, where this ticket gives it a place. Here it goes on with JSON. */
  redirect(server: string, ticket: string): void;
  /** Sends `relaying` and hands the connection over. */
  begin(): SpliceEnd;
}
