/**
 * Where two peers find each other. The driver of a meeting takes a place and does not know which one it has. No
 * secret reaches a place: it is told the number of a room and a share, never the words of a code or a key. A place may
 * lie: that can cost us the one guess at the code, and no more.
 *
 * Another place supplies the two interfaces below, and is made in meeting-context.ts. It has to bring two peers of
 * one room together, and to tell each the other's share, nonce and endpoint and a common moment to begin. It carries
 * sealed messages between them in order, each once. Where it cannot relay, observe a port or probe, it says so by
 * the answer that is named there, and the meeting goes on without.
 */
import type { Socket } from 'node:net';
import { PunchlineError } from '../errors.ts';
import type { Endpoint, Family, Path, Role } from '../events.ts';
import type { PairAdviceInputs } from '../nat/advice.ts';
import type { Server } from '../network/endpoint.ts';
import type { MappedEndpoint } from '../protocol/rendezvous-messages.ts';

/** A place, as one side of one session sees it: it remembers by what the place knows us when we come again. */
export interface Place {
  /** As events and messages call it. */
  readonly name: string;
  /** As an invite calls it. */
  readonly server: Server;
  /**
   * Connects. The first SYN leaves before this returns or in the same turn of the event loop. Rejects with a
   * PunchlineError, or the signal's reason.
   */
  visit(signal: AbortSignal): Promise<Visit>;
  /** How the outside sees a new port of ours, until the signal is aborted; undefined where nobody says so. */
  observePort(signal: AbortSignal): Promise<ObservedPort | undefined>;
}

/** One connection to a place, for one meeting. Each promise rejects with a PunchlineError, or the signal's reason. */
export interface Visit {
  readonly family: Family;
  /** Our end of the connection. Its port is open in our NAT: the first dial to the peer leaves from it. */
  readonly local: Endpoint;
  /** The place as it was reached: it is never dialled as a peer, and shows whether both are on this machine. */
  readonly remote: Endpoint;
  /** Where the place listens for probes, as far as is known. */
  readonly probePort: number;
  /** Opens a room of our own, which stays ours on later visits, and resolves with its number. */
  openRoom(signal: AbortSignal): Promise<number>;
  /** Enters a room and waits for the peer. Rejects with TimeoutError when the wait is over. */
  join(room: RoomRequest, options: JoinOptions): Promise<Match>;
  /** Whether the place answers in time. The round trip is measured by it, for what is agreed on after that. */
  answers(timeoutMs: number): Promise<boolean>;
  /** Passes a seal on to the peer, or asks for a round. */
  send(message: SignalOut): void;
  /** The next seal of the peer, or the next round that was agreed on. */
  receive(signal: AbortSignal): Promise<SignalIn>;
  /** How the outside sees a port of ours, where that has become known since the match, or can be learnt now. */
  lateObservation(signal: AbortSignal): Promise<ObservedPort | undefined>;
  /** Sends a probe from a new port, so that the peer learns the next one of a NAT that counts. */
  probeAnew(): Promise<SentProbe | undefined>;
  /** Asks for a connection to the peer through the place; resolves with a sentence where it relays nothing. */
  relay(signal: AbortSignal): Promise<Socket | string>;
  /** How the match has ended, as far as the place may know; no NATs where no peer was met. */
  report(outcome: 'punched' | 'failed', nats: PairOfNats | undefined, path?: Path): void;
  /** Sends what was said, and goes. */
  close(): void;
  /** Goes at once. */
  destroy(): void;
}

/** The room of a code by its number, or the room of a session, which nobody else can name. */
export type RoomRequest =
  | { readonly number: number; readonly nonce: Uint8Array; readonly share: Uint8Array }
  | { readonly room: Uint8Array; readonly slot: Role; readonly nonce: Uint8Array };

export interface JoinOptions {
  /** Nobody is there yet. Answers how long we wait, in ms; undefined: without end. */
  readonly onWaiting: (mapped: Endpoint) => number | undefined;
  readonly signal: AbortSignal;
}

/** What a place says when it has matched us with a peer. */
export interface Match {
  /** Where the room is a session's, the one that we named. Where we were told to wait, `b`. */
  readonly role: Role;
  readonly mapped: MappedEndpoint;
  readonly peerMapped: MappedEndpoint;
  /** By performance.now(). */
  readonly matchedAt: number;
  /** When both begin, in ms from then. */
  readonly startInMs: number;
  /** What the peer joined with; a share where the room is that of a code. */
  readonly peer: { readonly nonce: Uint8Array; readonly share: Uint8Array | undefined };
}

/** `unopened`: what the peer has sealed does not open, and the place, too, may know that it has guessed. */
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

/** A port of ours, with the mapping that it has in our NAT. */
export interface ObservedPort {
  readonly family: Family;
  readonly local: Endpoint;
  readonly mapped: MappedEndpoint;
}

/** A probe from a port of its own, which the place knows by the token. */
export interface SentProbe {
  readonly localPort: number;
  readonly token: string;
}

export type PairOfNats = Pick<PairAdviceInputs, 'own' | 'peer'>;

/** The place has not understood what we are: worth one more visit, at once. */
export class Misunderstood extends PunchlineError {}

/** The place has answered, and not as one may answer that is in order. */
export class Disorderly extends PunchlineError {}

/** A place that goes down has asked to be visited again in `afterMs`. */
export class SentAway extends PunchlineError {
  readonly afterMs: number;

  constructor(place: string, afterMs: number) {
    super('ERR_RENDEZVOUS_CLOSED', `the rendezvous ${place} is restarting`, {
      hint: `Try again in ${Math.ceil(afterMs / 1000)} s.`,
    });
    this.afterMs = afterMs;
  }
}

/** The joiner came, and went without proving anything: the room may be armed again. */
export class PeerVanished extends PunchlineError {
  constructor(cause: unknown) {
    super('ERR_PEER_LEFT', 'the peer came and left before it had shown that it holds the code', {
      hint: 'Ask your peer to try again, and open a new room.',
      cause,
    });
  }
}
