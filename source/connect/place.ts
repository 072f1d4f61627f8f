/**
 * Where two peers find each other. The driver of a meeting takes a place and does not know which one it has. No
 * secret reaches a place: it gets the number of a room and a share, never the words of a code or a key. A place may
 * lie. That can cost us the one guess at the code, and no more.
 *
 * Another place implements the two interfaces below, and is made in meeting-context.ts. It brings the two peers of
 * one room together, and tells each of them the other's share, nonce and endpoint, and when to begin. It carries
 * sealed messages between them, in order and each once. A place that cannot relay, observe a port or probe answers
 * as the method says, and the meeting goes on without.
 */
import { PunchlineError } from '../errors.ts';
import type { Endpoint, Family, Path, PlaceKind, Role } from '../events.ts';
import type { PairAdviceInputs } from '../nat/advice.ts';
import type { Observation } from '../nat/mapping.ts';
import type { Connection } from '../network/sockets.ts';
import type { PlaceAddress } from '../protocol/place-address.ts';
import type { MappedEndpoint } from '../protocol/rendezvous-messages.ts';

/** A place, as one side of one session sees it. It remembers what makes the place know us again on the next visit. */
export interface Place {
  readonly kind: PlaceKind;
  /** As events and messages call it. */
  readonly name: string;
  /** The proxy that leads there, without a user name. */
  readonly proxy?: string | undefined;
  /** What the user who opens a room there should know, as a sentence. */
  readonly hint?: string | undefined;
  /** As an invite names it. Empty if the code is passed on alone. */
  readonly addresses: readonly PlaceAddress[];
  /**
   * Connects. The first SYN leaves in this turn of the event loop, unless a name has to be looked up, or this machine
   * has IPv6, so that a NAT64 may be on the way. Rejects with a PunchlineError, or the signal's reason.
   */
  visit(signal: AbortSignal): Promise<Visit>;
  /** From the next visit on, the place must not know us again. A place that recognizes nobody has no such method. */
  renew?(): void;
  /** The peer was met, here or elsewhere, so that this place need not be found any more. */
  settled?(): void;
  /** The session is over. Nothing of the place stays open. */
  close(): void;
  /** Has a new port of ours observed. Its mapping holds until the signal is aborted. Undefined if nobody tells it. */
  observePort(signal: AbortSignal): Promise<ObservedPort | undefined>;
}

/** Looks for places that nobody has named, beside the one that somebody has. */
export interface PlaceSearch {
  /** Undefined if nobody has named a place. */
  readonly named: Place | undefined;
  /** Calls back for each place that it finds. Resolves when the search is over. Never rejects. */
  find(this: void, onFound: (place: Place) => void, signal: AbortSignal): Promise<void>;
  /** The session has its first channel from this place, and comes back to it. */
  choose(place: Place): void;
}

/** One connection to a place, for one meeting. Each promise may reject with a PunchlineError, or the signal's reason. */
export interface Visit {
  readonly family: Family;
  /** Our end of the connection. Its port is open in our NAT, so the first dial to the peer leaves from it. */
  readonly local: Endpoint;
  /**
   * The place as it was reached. It is never dialled as a peer. On loopback, both peers are on this machine. Undefined
   * if only a proxy leads to it.
   */
  readonly remote: Endpoint | undefined;
  /** Where the place listens for probes, as far as is known. 0 if it never does. */
  readonly probePort: number;
  /** What the operator of the place says to all users, safe to show. */
  readonly motd?: string | undefined;
  /**
   * The port at which the place cannot be reached from here, so that it is reached at https instead. With the first visit
   * for which this is so.
   */
  readonly unreachedPort?: number | undefined;
  /** Opens a room of our own, which stays ours on later visits, and resolves with its number. */
  openRoom(signal: AbortSignal): Promise<number>;
  /** Enters a room and waits for the peer. Rejects with TimeoutError when the wait is over. */
  join(room: RoomRequest, options: JoinOptions): Promise<Match>;
  /** Whether the place answers in time. This measures the round trip anew, for the next round that is agreed on. */
  answers(timeoutMs: number): Promise<boolean>;
  /** Passes a seal to the peer, or asks for a round. */
  send(message: SignalOut): void;
  /** Resolves with the next seal of the peer, or the start of a round that both have asked for. */
  receive(signal: AbortSignal): Promise<SignalIn>;
  /** How a port of ours was observed after the match; undefined if it was not, and cannot be now. */
  lateObservation(signal: AbortSignal): Promise<ObservedPort | undefined>;
  /**
   * The port at which a second address of the place sees the port of this visit, once that is known. Undefined if it has
   * none, or has not seen it. A place without a second address has no such method. Never rejects.
   */
  portAtSecondAddress?(): Promise<number | undefined>;
  /** Sends a probe from a new port. It tells the peer which port a NAT that counts gives next. */
  probeAnew(): Promise<SentProbe | undefined>;
  /** Asks for a connection to the peer through the place. Resolves with a sentence on why there is none. */
  relay(signal: AbortSignal): Promise<Connection | string>;
  /** Tells how the match has ended. `nats` is undefined if there was no match. */
  report(outcome: 'punched' | 'failed', nats: PairOfNats | undefined, path?: Path): void;
  /** Sends what was written, and closes the connection. */
  close(): void;
  /** Closes the connection at once. */
  destroy(): void;
}

/** Names the room of a code by its number, or the room of a session by bytes that only the two peers can derive. */
export type RoomRequest =
  | { readonly number: number; readonly nonce: Uint8Array; readonly share: Uint8Array }
  | { readonly room: Uint8Array; readonly slot: Role; readonly nonce: Uint8Array };

export interface JoinOptions {
  /** Called if no peer is there yet. Returns how long to wait, in ms; undefined means without end. */
  readonly onWaiting: (mapped: Endpoint | undefined) => number | undefined;
  /** Called while we wait if the place, which is this machine, has other addresses than before. */
  readonly onMoved?: ((mapped: Endpoint) => void) | undefined;
  readonly signal: AbortSignal;
}

/** What a place says when it has matched us with a peer. */
export interface Match {
  /** In the room of a session the one that we named. In the room of a code `b` for the side that was told to wait. */
  readonly role: Role;
  /** Undefined if nobody has told it. Without both there is nothing to punch at. */
  readonly mapped: SeenEndpoint | undefined;
  readonly peerMapped: MappedEndpoint | undefined;
  /**
   * The place sees no endpoints, so each side tells its own, as STUN servers have told it. Then nobody is sprayed at an
   * address that only one server has named, or that is not in a seal.
   */
  readonly isTold?: true;
  /**
   * The place has not seen both: a proxy leads one side here, or a web server that does not tell whom it passes on. Each
   * tells its own endpoint in a seal, if it knows it. Such an endpoint is never sprayed.
   */
  readonly isSealed?: true;
  /** The room is spent with this match: it cannot be armed again, with another share, for another peer. */
  readonly spendsRoom?: true;
  /** By performance.now(). */
  readonly matchedAt: number;
  /** When both begin, in ms after the match. */
  readonly startInMs: number;
  /** One side is the place itself. No punch is needed: `relay()` gives the connection between the two. */
  readonly here?: boolean;
  /** What the peer joined with. There is a share only in the room of a code. */
  readonly peer: { readonly nonce: Uint8Array; readonly share: Uint8Array | undefined };
}

/** Where a place sees us. We alone know how its second address does, and tell the peer in a seal. */
export type SeenEndpoint = MappedEndpoint & Pick<Observation, 'addressPort'>;

/** Both sides know where the outside sees them, so they can punch. */
export interface MappedMatch extends Match {
  readonly mapped: SeenEndpoint;
  readonly peerMapped: MappedEndpoint;
}

export function isMapped(match: Match): match is MappedMatch {
  return match.mapped !== undefined && match.peerMapped !== undefined;
}

/** `unopened` tells the place that the peer's seal does not open: the peer has guessed. */
export type SignalOut =
  | { readonly t: 'seal'; readonly sealed: Uint8Array; readonly unopened?: true }
  | { readonly t: 'round'; readonly n: number; readonly probeToken?: string | undefined };

export type SignalIn =
  | { readonly t: 'seal'; readonly sealed: Uint8Array }
  | ({ readonly t: 'start'; readonly n: number } & RoundStart);

export interface RoundStart {
  /** In ms from now. */
  readonly startInMs: number;
  /** Where the peer's probe for this round was seen. */
  readonly probePort?: number | undefined;
}

/** A port of ours, and the mapping that our NAT has given it. */
export interface ObservedPort {
  readonly family: Family;
  readonly local: Endpoint;
  readonly mapped: MappedEndpoint;
}

/** A probe that was sent from a port of its own. */
export type SentProbe = KnownProbe | ToldProbe;

/** The place recognizes it by the token, and tells the peer. */
interface KnownProbe {
  readonly localPort: number;
  readonly token: string;
  readonly seenAt?: undefined;
}

/** STUN servers have seen it at this port, and we tell the peer. */
interface ToldProbe {
  readonly localPort: number;
  readonly seenAt: number;
  readonly token?: undefined;
}

export type PairOfNats = Pick<PairAdviceInputs, 'own' | 'peer'>;

/** The place took us for another kind of client. One more visit may help, at once. */
export class Misunderstood extends PunchlineError {}

/** The place has to answer, and has said nothing for long: the connection to it may be cut. */
export class SilentPlace extends PunchlineError {}

/** The place has given an answer that breaks the protocol. */
export class ProtocolBreach extends PunchlineError {}

/** The place is about to go down, and has asked us to come again in `afterMs`. */
export class SentAway extends PunchlineError {
  readonly afterMs: number;

  constructor(place: string, afterMs: number) {
    super('ERR_RENDEZVOUS_CLOSED', `the rendezvous ${place} is restarting`, {
      hint: `Try again in ${Math.ceil(afterMs / 1000)} s.`,
    });
    this.afterMs = afterMs;
  }
}

/** Both still have the session, so they go on with it in the room of the session. */
export class SameSession extends PunchlineError {}

/** The joiner came and left without proving anything. The room may be armed again. */
export class PeerVanished extends PunchlineError {
  constructor(cause: unknown) {
    super('ERR_PEER_LEFT', 'the peer came and left before it had shown that it holds the code', {
      hint: 'Ask your peer to try again, and open a new room.',
      cause,
    });
  }
}
