import type { MappedEndpoint, NatReport } from '../../protocol/rendezvous-messages.ts';
import type { ErrorCode } from '../../errors.ts';
import type { RefusalReason } from '../admission/refusal.ts';
import type { RelayOffer } from '../relay/relay-offer.ts';
import type { Shares } from '../admission/shares.ts';

/**
 * Brings two clients with the same number together. No call returns an answer:
 * each answer is an event, so that a matchmaker may ask a store that several
 * servers share. It knows nothing of sockets and lines.
 */
export interface Matchmaker {
  /**
   * A place for one connection. Its events go to `deliver`, which may be called before a call of the seat returns. The
   * rooms that it opens use numbers of these shares.
   */
  seat(deliver: (event: SeatEvent) => void, shares: Shares): Seat;
  counts(): { readonly rooms: number; readonly waiting: number; readonly seats: number };
  /** The state of the store that several servers share. Undefined if there is none. */
  readonly store: StoreHealth | undefined;
  /** Forgets every room of this server and tells nobody. Resolves when nothing of it is left, or after a short time. */
  close(): Promise<void>;
}

export interface StoreHealth {
  readonly isUp: boolean;
  /** Why it is not up. */
  readonly reason: string | undefined;
}

/** What one connection can do. After `leave` nothing is delivered. */
export interface Seat {
  /** Makes a room. Answered by `opened`, or by `refused` if no number is left. */
  open(client: string): void;
  /**
   * Enters a room, or comes back to the own one. Answered by `waiting`, `matched` or `refused`. A guest that is held gets
   * its answer later.
   */
  join(joiner: Joiner): void;
  /** Enters the room of a session, in one of its two slots. Answered by `waiting`, `matched` or `refused`. */
  resume(room: string, slot: 'a' | 'b', comer: Comer): void;
  /** A better mapped endpoint has been seen. */
  update(mapped: MappedEndpoint): void;
  /** Passes a message on to the peer. Throws ProtocolError if there was no match. */
  send(message: PeerMessage): void;
  /** The punch has succeeded or failed. From now on leaving does not end the match for the peer. */
  done(): void;
  leave(): void;
  /**
   * Leaves, unless it is matched or is about to be: then `matched` is delivered, and `onLeft` is never called. Neither is
   * it while a store is away.
   */
  withdraw(onLeft: () => void): void;
}

/** What a client says of itself when it enters a room: for its peer, and for the common start of both. */
export interface Comer {
  /** 16 random bytes of the client's process. When the same client comes again, it replaces its older seat. */
  readonly client: string;
  /** Undefined if it comes through a proxy. */
  readonly mapped: MappedEndpoint | undefined;
  readonly nonce: string;
  readonly nat: NatReport | undefined;
  readonly rttMs: number;
  /** The share of the key exchange. A client that resumes a session has none. */
  readonly share?: string | undefined;
}

export interface Joiner extends Comer {
  readonly number: number;
  /** The token of the `opened` event, which only the opener of the room has. */
  readonly token: string | undefined;
  readonly share: string;
}

export type PeerMessage =
  | {
      readonly t: 'candidate';
      readonly sealed: string;
      /** Said by `b` if it could not open what its guest has sealed. */
      readonly unopened?: true | undefined;
    }
  | {
      readonly t: 'round';
      readonly n: number;
      readonly rttMs: number;
      /** The port from which a probe for this round was seen to come. */
      readonly probePort: number | undefined;
    }
  /** From one server to another: its client asks for the relay. Without an offer, it has stopped asking. */
  | { readonly t: 'relay'; readonly offer?: RelayOffer | undefined }
  /** The server that says this will relay. The client of the other server is to go there. */
  | { readonly t: 'redirect'; readonly server: string; readonly ticket: string };

export type SeatEvent =
  | { readonly kind: 'opened'; readonly number: number; readonly token: string }
  | { readonly kind: 'waiting'; readonly mapped: MappedEndpoint | undefined }
  | {
      readonly kind: 'matched';
      /** `a` is the guest, which came second. */
      readonly role: 'a' | 'b';
      readonly session: string;
      readonly own: Comer;
      readonly peer: Comer;
      /** The peer is at another server that shares the store. */
      readonly isApart: boolean;
    }
  | { readonly kind: 'message'; readonly message: PeerMessage }
  /** The seat is lost. The connection tells its client why and closes. */
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly message: string;
      /** The client may try the same code again. */
      readonly again?: true | undefined;
      /** Which limit, if it was one. */
      readonly reason?: RefusalReason | undefined;
    }
  /** The seat is lost, but not by a fault of its client. The client is to come again after this time. */
  | { readonly kind: 'retry'; readonly afterMs: number };
