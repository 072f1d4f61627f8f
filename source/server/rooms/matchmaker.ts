import type { MappedEndpoint, NatReport } from '../../protocol/rendezvous-messages.ts';
import type { ErrorCode } from '../../errors.ts';
import type { RefusalReason } from '../admission/refusal.ts';
import type { RelayOffer } from '../relay/relay-offer.ts';
import type { Shares } from '../admission/shares.ts';

/**
 * Where two clients with the same number meet. Nothing here answers by
 * returning: every answer is an event, so that a matchmaker may as well ask a
 * store that several servers share. Sockets and lines are not known here.
 */
export interface Matchmaker {
  /**
   * A place for one connection; what happens to it is told to `deliver`, also while a call is running. `shares`:
   * whose numbers the rooms that it opens use.
   */
  seat(deliver: (event: SeatEvent) => void, shares: Shares): Seat;
  counts(): { readonly rooms: number; readonly waiting: number; readonly seats: number };
  /** Of the store that several servers share; undefined where there is none. */
  readonly store: StoreHealth | undefined;
  /** Forgets every room of this server without a word; resolves when nothing of it is left, or soon. */
  close(): Promise<void>;
}

export interface StoreHealth {
  readonly isUp: boolean;
  /** Why it is not. */
  readonly reason: string | undefined;
}

/** What one connection does. After `leave` nothing is delivered any more. */
export interface Seat {
  /** Allocates a room: answered by `opened`, or `refused` where no number is left. */
  open(client: string): void;
  /** Enters a room, or for the one who waits, comes back to it: `waiting`, `matched`, `refused`, or held. */
  join(joiner: Joiner): void;
  /** Enters the room of a session, in its slot: `waiting`, `matched`, `refused`. */
  resume(room: string, slot: 'a' | 'b', comer: Comer): void;
  /** The mapped endpoint has become known better. */
  update(mapped: MappedEndpoint): void;
  /** Passes on to the peer. Throws ProtocolError where there was no match. */
  send(message: PeerMessage): void;
  /** The punch is over, either way: from now on leaving disturbs nobody. */
  done(): void;
  leave(): void;
}

/** What the peer is told of one who has come to a room, and what its start is computed from. */
export interface Comer {
  /** 16 random bytes of the client's process: the same client coming again replaces its older seat. */
  readonly client: string;
  readonly mapped: MappedEndpoint;
  readonly nonce: string;
  readonly nat: NatReport | undefined;
  readonly rttMs: number;
  /** Of the exchange of a code; who resumes has none. */
  readonly share?: string | undefined;
}

export interface Joiner extends Comer {
  readonly number: number;
  /** What `opened` gave to the one who opened the room. */
  readonly token: string | undefined;
  readonly share: string;
}

export type PeerMessage =
  | {
      readonly t: 'candidate';
      readonly sealed: string;
      /** Of `b`: what its guest has sealed does not open. */
      readonly unopened?: true | undefined;
    }
  | {
      readonly t: 'round';
      readonly n: number;
      readonly rttMs: number;
      /** Where a probe for this round was seen. */
      readonly probePort: number | undefined;
    }
  /** From one server to another: the client asks for the relay; without an offer, it does so no more. */
  | { readonly t: 'relay'; readonly offer?: RelayOffer | undefined }
  /** The server that says so relays: the other one's client is to come there. */
  | { readonly t: 'redirect'; readonly server: string; readonly ticket: string };

export type SeatEvent =
  | { readonly kind: 'opened'; readonly number: number; readonly token: string }
  | { readonly kind: 'waiting'; readonly mapped: MappedEndpoint }
  | {
      readonly kind: 'matched';
      /** `a` is whoever came second. */
      readonly role: 'a' | 'b';
      readonly session: string;
      readonly own: Comer;
      readonly peer: Comer;
      /** The peer is at another server that shares the store. */
      readonly isApart: boolean;
    }
  | { readonly kind: 'message'; readonly message: PeerMessage }
  /** The seat is lost: the connection says why and closes. */
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly message: string;
      /** Where it was a limit. */
      readonly reason?: RefusalReason | undefined;
    }
  /** The seat is lost through no fault of its client, which is to come again after so many milliseconds. */
  | { readonly kind: 'retry'; readonly afterMs: number };
