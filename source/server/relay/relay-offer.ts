import type { RefusalReason } from '../admission/refusal.ts';
import type { SpliceEnd } from './splice.ts';

/** What a server says to the one of the peer when its client has asked for the relay. */
export interface RelayOffer {
  /** Where it can be reached itself; undefined where it would not relay the two. */
  readonly server?: string | undefined;
  /** Why it would not. */
  readonly refusal?: { readonly code: RelayRefusal; readonly message: string } | undefined;
  /** Whether its client can be sent elsewhere. */
  readonly follows: boolean;
}

/**
 * Which side's server relays two who are at different ones: that of `a`, if it
 * can, or else that of `b`. Both servers ask this with the same offers, and so
 * agree without a word more.
 */
export function chooseRelay(
  a: RelayOffer,
  b: RelayOffer,
): 'a' | 'b' | { readonly code: RelayRefusal; readonly message: string } {
  const spent = [a, b].find(({ refusal }) => refusal?.code === 'ERR_RELAY_USED_UP')?.refusal;
  // A session has its bytes once, not once at each server.
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
    message:
      'the two of you are at different servers, and the program of one cannot be sent to the other one',
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

/** Those that are limits, as they are counted. */
export const relayLimits: Partial<Record<RelayRefusal, RefusalReason>> = {
  ERR_RELAY_FULL: 'relayed-pairs',
  ERR_RELAY_ADDRESS_FULL: 'address-relayed-pairs',
  ERR_RELAY_USED_UP: 'relay-used-up',
};

/** One who has asked, and says nothing more until it is answered. */
export interface RelaySide {
  /** 16 random bytes of the client's process. */
  readonly client: string;
  readonly address: string;
  /** For the log. */
  readonly shown: string;
  /** Whether it can be sent to another server. */
  readonly follows: boolean;
  /** JSON goes on. */
  refuse(code: RelayRefusal, message: string): void;
  /** To another server, where it has a place with this ticket. JSON goes on. */
  redirect(server: string, ticket: string): void;
  /** Says `relaying`, and gives the connection away. */
  begin(): SpliceEnd;
}
