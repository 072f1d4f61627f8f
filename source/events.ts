/**
 * The vocabulary that all parts share: what happens to a connection, as plain
 * values. The screen, the plain lines, the JSON lines and the log are four
 * faces of this one stream. Types only. No event carries a secret but `invite`.
 */

/** An address literal (never a name) and a TCP port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `a` is whoever came second: it is the TLS client, and nominates. */
export type Role = 'a' | 'b';

/** 4 or 6. */
export type Family = 4 | 6;

/** How a channel runs. `direct` includes global IPv6; `lan` is private, link-local, unique-local or loopback. */
export type Path = 'lan' | 'direct' | 'relay';

/** Where an endpoint of the peer is known from. */
export type CandidateKind = 'host' | 'mapped' | 'predicted' | 'sprayed';

export interface Candidate extends Endpoint {
  readonly kind: CandidateKind;
}

export type Strategy = 'simultaneous' | 'predicted' | 'spray' | 'host';

export type AttemptOutcome = 'started' | 'connected' | 'refused' | 'timeout' | 'unreachable' | 'abandoned';

export interface InviteEvent {
  readonly event: 'invite';
  readonly code: string;
  readonly invite: string;
}

export interface RendezvousEvent {
  readonly event: 'rendezvous';
  readonly state: 'connecting' | 'waiting' | 'matched' | 'closed';
  /** `HOST:PORT` as the user gave it. */
  readonly server: string;
  /** Our own mapped endpoint, once the server has told us. */
  readonly mapped?: Endpoint;
}

export interface PeerEvent {
  readonly event: 'peer';
  readonly role: Role;
  /** All endpoints known so far: the event comes again when more become known. */
  readonly candidates: readonly Candidate[];
}

export interface PlanEvent {
  readonly event: 'plan';
  readonly strategy: Strategy;
  /** How many connections the plan opens at most. */
  readonly dials: number;
}

export interface AttemptEvent {
  readonly event: 'attempt';
  /** The round, from 1. */
  readonly n: number;
  readonly of: number;
  readonly kind: CandidateKind;
  readonly address: string;
  readonly port: number;
  readonly outcome: AttemptOutcome;
  /** Since the start of this attempt. */
  readonly ms: number;
  /** The dials behind this event, where there is more than one. */
  readonly dials?: number;
}

export interface ConnectedEvent {
  readonly event: 'connected';
  readonly path: Path;
  readonly family: Family;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly peer: { readonly name: string };
  /** From the start, or for one who waited from the match, to a proven channel. */
  readonly ms: number;
  /** From the first SYN to a connected socket. */
  readonly punchMs: number;
  /** `none` in classic. */
  readonly cipher: string;
  /** The key exchange; `none` in classic. */
  readonly group: string;
}

/** The rendezvous is asked to relay, for this reason, or refuses to, for that. */
export interface RelayEvent {
  readonly event: 'relay';
  readonly state: 'asked' | 'refused';
  readonly reason: string;
}

export interface PathEvent {
  readonly event: 'path';
  readonly path: Path;
  readonly remote: Endpoint;
  readonly reason: string;
}

export interface MessageEvent {
  readonly event: 'message';
  readonly from: 'me' | 'peer';
  readonly id: string;
  readonly text: string;
}

export interface DeliveredEvent {
  readonly event: 'delivered';
  readonly id: string;
  readonly ms: number;
}

export interface HeartbeatEvent {
  readonly event: 'heartbeat';
  readonly direction: 'sent' | 'received';
  readonly n: number;
  readonly text: string;
  /** The round trip, where known. */
  readonly ms?: number;
}

/** The peer goes by another name from now on. */
export interface RenamedEvent {
  readonly event: 'renamed';
  readonly name: string;
}

/** The peer is writing; said again every few seconds while it goes on. */
export interface TypingEvent {
  readonly event: 'typing';
}

/** A file or a folder that is handed over, from the offer to its end: each state is said as it is reached. */
export interface FileEvent {
  readonly event: 'file';
  /** Names it in both directions: `s1` is the first that was sent, `r1` the first that was received. */
  readonly id: string;
  /** As the peer names it, where it is the peer's: safeText() before it is shown. */
  readonly name: string;
  /** Of all files together. */
  readonly bytes: number;
  readonly files: number;
  readonly isFolder: boolean;
  readonly direction: 'sent' | 'received';
  /** `progress` comes at most ten times a second; `declined`, `done`, `failed` and `cancelled` are the last. */
  readonly state: 'offered' | 'accepted' | 'declined' | 'progress' | 'done' | 'failed' | 'cancelled';
  /** Bytes that have arrived so far; what an earlier run had brought counts. With `accepted`, `progress` and `done`. */
  readonly done?: number;
  /** Since `accepted`. With `progress` and every end that follows it. */
  readonly ms?: number;
  /** Where it was put. With `done`, where it was received. */
  readonly path?: string;
  /** Who declined or cancelled. */
  readonly by?: 'me' | 'peer';
  /** Why it was declined or has failed, a clause without a full stop; in part the peer's words: safeText(). */
  readonly reason?: string;
  /** How many links, devices and the like of a folder are not sent. With `offered`, where there are any. */
  readonly leftOut?: number;
  /** How many hidden names it has, as the offering side says; a peer with an older Punchline does not. With `offered`. */
  readonly hidden?: number;
  /** How many names that were hidden begin with `_` now. With `done`, where it was received. */
  readonly unhidden?: number;
}

/** How what the peer offers is taken. */
export interface AcceptOptions {
  /** Whether hidden names stay as they are, and do not begin with `_`; default: as was said for all that is taken. */
  readonly hidden?: boolean | undefined;
}

/** Offers that were declined as they came, beside one that is told by events `file`: a peer may make any number of them. */
export interface RefusedEvent {
  readonly event: 'refused';
  /** How many, since the last word about an offer that was declined so. At most one such event a second. */
  readonly offers: number;
  /** Why the last of them was, a clause without a full stop; empty where no reason was given. */
  readonly reason: string;
}

export interface LostEvent {
  readonly event: 'lost';
  readonly reason: string;
  /** Messages that wait for delivery. */
  readonly queued: number;
}

export interface ResumedEvent {
  readonly event: 'resumed';
  readonly ms: number;
  readonly resent: number;
  readonly path: Path;
}

export interface ErrorEvent {
  readonly event: 'error';
  /** `ERR_…`, see errors.ts. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface EndedEvent {
  readonly event: 'ended';
  readonly reason: 'quit' | 'peer-left' | 'interrupted' | 'failed';
  readonly exit: number;
  /** Messages of ours that have not arrived, as far as is known; where there are any. */
  readonly undelivered?: number;
}

/** What happens, before it is stamped with a version and a time. */
export type Happening =
  | InviteEvent
  | RendezvousEvent
  | PeerEvent
  | PlanEvent
  | AttemptEvent
  | RelayEvent
  | ConnectedEvent
  | PathEvent
  | MessageEvent
  | DeliveredEvent
  | HeartbeatEvent
  | RenamedEvent
  | TypingEvent
  | FileEvent
  | RefusedEvent
  | LostEvent
  | ResumedEvent
  | ErrorEvent
  | EndedEvent;

/** A line of `--json` alone: so many events stood here, which were not kept for a reader that did not read. */
export interface OmittedEvent {
  readonly event: 'omitted';
  readonly events: number;
}

/** One line of `--json`: `at` is in milliseconds since the epoch. `ended` is always the last. */
export type PunchlineEvent = Happening & { readonly v: 1; readonly at: number };

/**
 * A chat as its faces see it. Events arrive in order, `ended` is the last one;
 * a face that subscribes late is first given all that happened before.
 */
export interface Chat {
  subscribe(listener: (event: PunchlineEvent) => void): () => void;
  /** Sends one message now, or as soon as there is a connection. Longer than 64 KiB of UTF-8 throws ERR_USAGE. */
  send(text: string): void;
  /** Resolves when more may be sent without piling up here. */
  writable(): Promise<void>;
  /** Takes nothing more from the peer until `resume`: what it sends then waits on its side. */
  pause(): void;
  resume(): void;
  /** Tells the peer another name of ours, as much of it as fits. Throws ERR_USAGE where the protocol has no names. */
  rename(name: string): void;
  /** Something is being written: the peer hears of it now and then, where it may. */
  typing(): void;
  /**
   * Offers a file or a folder; resolves with its id (`FileEvent`) when it is offered, or waits for a connection to
   * be. Rejects with a PunchlineError: ERR_FILE, with path and cause, where it cannot be read, ERR_USAGE where the
   * peer or the protocol takes no files.
   */
  sendFile(path: string): Promise<string>;
  /** Takes what the peer offers, into the default folder or this one; what is wrong with that comes as `failed`. */
  acceptFile(id: string, folder?: string, options?: AcceptOptions): void;
  /** Wants none of what the peer offers. The peer sees the reason. An id without an open offer is passed over, here and below. */
  declineFile(id: string, reason?: string): void;
  /** Ends what is offered by us, or under way in either direction. */
  cancelFile(id: string): void;
  /** Sends a heartbeat this often from now on, or none any more. */
  beat(everyMs: number | undefined): void;
  /**
   * Four words for people to compare, the same on both sides where nobody is in
   * between, and for the whole session; undefined before there is a connection,
   * and where it is not encrypted.
   */
  readonly verification: readonly string[] | undefined;
  /** The round trip as last measured, in ms; undefined before there is one. */
  readonly rttMs: number | undefined;
  /** Nothing more will be sent: when there is a connection and all has been delivered, says goodbye; exit 0. */
  finish(): void;
  /** Delivers what was sent, says goodbye, and ends with exit 0; without a connection, or called again, at once. */
  leave(): void;
  /** Tells all faces of a failure that does not end the chat. */
  report(failure: Omit<ErrorEvent, 'event'>): void;
  /** Says goodbye without waiting for anything, and ends with the given exit code (130, 143, 129). */
  interrupt(exit: number): void;
}
