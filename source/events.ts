/**
 * The types that all parts share: the events of a connection, as plain values.
 * The screen, the plain lines, the JSON lines and the log all show this one
 * stream of events. Only `invite` carries a secret.
 */

/** An address literal (never a name) and a TCP port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `a` is the peer that came second: it is the TLS client, and nominates the channel. */
export type Role = 'a' | 'b';

/** 4 or 6. */
export type Family = 4 | 6;

/** How a channel runs. `lan` is private, link-local, unique-local or loopback; `direct` includes global IPv6. */
export type Path = 'lan' | 'direct' | 'relay';

/** How we know an endpoint of the peer. */
export type CandidateKind = 'host' | 'mapped' | 'forwarded' | 'predicted' | 'sprayed';

export interface Candidate extends Endpoint {
  readonly kind: CandidateKind;
}

export type Strategy = 'simultaneous' | 'predicted' | 'spray' | 'host' | 'forwarded';

/** What a NAT does with our ports: `counting` and `random` ones take another port for each destination. `none`: there is no NAT. */
export type NatKind =
  | 'none'
  | 'endpoint-independent'
  | 'address-dependent'
  | 'counting'
  | 'random'
  | 'unknown';

export type AttemptOutcome = 'started' | 'connected' | 'refused' | 'timeout' | 'unreachable' | 'abandoned';

/** Where this machine is the place, it comes again if what was passed on does not lead here any more. */
export interface InviteEvent {
  readonly event: 'invite';
  readonly code: string;
  readonly invite: string;
  /** Only where this machine is the place: whether others can come from anywhere, or only from the local network. */
  readonly reach?: 'anywhere' | 'local network';
  /** What may keep others from coming, and what to do about it. */
  readonly hint?: string;
}

/** Where two peers meet: a rendezvous, a mailbox server, the machine of one of the two, or the local network. */
export type PlaceKind = 'rendezvous' | 'mailbox' | 'here' | 'local';

export interface RendezvousEvent {
  readonly event: 'rendezvous';
  readonly state: 'connecting' | 'waiting' | 'matched' | 'closed';
  readonly place: PlaceKind;
  /** `HOST:PORT` or a URL, as the user gave it. */
  readonly server: string;
  /** The proxy that leads there, without a user name. */
  readonly proxy?: string;
  /** Our own mapped endpoint, once the server has told us. */
  readonly mapped?: Endpoint;
  /**
   * The port at which the rendezvous cannot be reached from here, so that the chat goes by https. With the first event
   * after that was found.
   */
  readonly unreachedPort?: number;
  /** What the operator of the place says to all users, safe to show. With the first event after it was heard. */
  readonly motd?: string;
}

export interface PeerEvent {
  readonly event: 'peer';
  readonly role: Role;
  /** All endpoints known so far. The event comes again when more become known. */
  readonly candidates: readonly Candidate[];
}

export interface PlanEvent {
  readonly event: 'plan';
  readonly strategy: Strategy;
  /** The plan opens at most this many connections. */
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
  /** The time since the start of this attempt. */
  readonly ms: number;
  /** The number of dials that this event stands for, if there is more than one. */
  readonly dials?: number;
  /** The strategy of its plan. Absent in classic. */
  readonly strategy?: Strategy;
  /** Why some of its dials could not leave this machine, if so. They are not among `dials`. */
  readonly reason?: string;
}

/**
 * What both NATs do, as far as it is known, and what follows from that. The event comes again when more becomes known.
 */
export interface NatsEvent {
  readonly event: 'nats';
  readonly own: NatKind;
  readonly peer: NatKind;
  /** Whether two such NATs let a direct connection through. */
  readonly direct: 'yes' | 'usually' | 'no' | 'unknown';
  /** The reason in a few plain words. */
  readonly why: string;
  /** In how many ms the rendezvous will be asked to relay if there is no connection by then. Present once it is known. */
  readonly relayInMs?: number;
  /** The side that wants no relay (`--relay never`). Present once it is known, if there is one. */
  readonly noRelay?: 'me' | 'peer';
}

/**
 * `started`: there is a TCP connection, and both sides now prove on it that they hold the code. `failed`: no connection
 * that there was has proven it.
 */
export interface ProofEvent {
  readonly event: 'proof';
  readonly state: 'started' | 'failed';
  readonly path: Path;
  readonly remote: Endpoint;
}

export interface ConnectedEvent {
  readonly event: 'connected';
  readonly path: Path;
  readonly family: Family;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly peer: { readonly name: string };
  /** The time from the start to a proven channel; for a side that waited, from the match. */
  readonly ms: number;
  /** The time from the first SYN to a connected socket. */
  readonly punchMs: number;
  /** `none` in classic. */
  readonly cipher: string;
  /** The key exchange; `none` in classic. */
  readonly group: string;
  /** What found the way. Absent for a relay, in classic, and with `here`. */
  readonly strategy?: Strategy;
  /** One side is the place where the two have met, and the connection is the one on which they did. */
  readonly here?: true;
}

/** Our router maps a port for us, and the peer is told. The event comes again if it maps another one. */
export interface ForwardedEvent extends Endpoint {
  readonly event: 'forwarded';
  readonly protocol: 'pcp' | 'nat-pmp' | 'upnp';
}

/** We asked the rendezvous to relay, or it refused to. `reason` says why. */
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
  /** The peer may have sent it before: it did not know whether it had arrived when the connection was lost. */
  readonly again?: true;
  /** When it was written, if it waited on a disk until the two friends met. In ms since the epoch, by the writer's clock. */
  readonly writtenAt?: number;
}

/** A message of an earlier conversation with a friend, kept with `--history`. They come before all other messages. */
export interface HistoryEvent {
  readonly event: 'history';
  readonly from: 'me' | 'peer';
  readonly text: string;
  readonly writtenAt: number;
}

/** What becomes of two peers who want to meet again without a code. */
export interface FriendEvent {
  readonly event: 'friend';
  /**
   * `meeting`: the peer is this friend, and is looked for. `asked`: we want to keep the peer, who has not agreed yet.
   * `offered`: the peer wants to keep us. `kept`: both have. `failed`: one of the two could not, for this reason.
   * `removed`: the two are friends no more.
   */
  readonly state: 'meeting' | 'asked' | 'offered' | 'kept' | 'failed' | 'removed';
  /** As this user calls the friend. Absent if there is no name yet. */
  readonly name?: string;
  /** The side that has removed the other. */
  readonly by?: 'us' | 'peer';
  readonly reason?: string;
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
  /** The round trip, if it is known. */
  readonly ms?: number;
}

/** The peer has taken another name. */
export interface RenamedEvent {
  readonly event: 'renamed';
  readonly name: string;
}

/** The peer is typing. The event comes again every few seconds while that goes on. */
export interface TypingEvent {
  readonly event: 'typing';
}

/** A file or a folder that is handed over. The event comes at each state, from the offer to the end. */
export interface FileEvent {
  readonly event: 'file';
  /** `s1` is the first that was sent, `r1` the first that was received. */
  readonly id: string;
  /** If it is received, the name is the peer's text: pass it through safeText() before you show it. */
  readonly name: string;
  /** The bytes of all files together. */
  readonly bytes: number;
  readonly files: number;
  readonly isFolder: boolean;
  readonly direction: 'sent' | 'received';
  /** `progress` comes at most ten times a second. `declined`, `done`, `failed` and `cancelled` end the transfer. */
  readonly state: 'offered' | 'accepted' | 'declined' | 'progress' | 'done' | 'failed' | 'cancelled';
  /** The bytes that have arrived so far and are kept, those of an earlier run included. With `accepted`, `progress` and `done`. */
  readonly done?: number;
  /** The time since `accepted`. With `progress` and every end that follows it. */
  readonly ms?: number;
  /** The path at which it was stored. With `done` of a received one. */
  readonly path?: string;
  /** The side that declined or cancelled. */
  readonly by?: 'me' | 'peer';
  /** Why it was declined or has failed, a clause without a full stop. It may quote the peer: pass it through safeText(). */
  readonly reason?: string;
  /** How many links, devices and the like of a folder are not sent. With `offered`, if there are any. */
  readonly leftOut?: number;
  /** How many files and folders of a folder the offering side cannot read, as it says. The offer goes without them. With `offered` and `done`, if there are any. */
  readonly unreadable?: number;
  /** The first 20 of them. */
  readonly unreadableFiles?: readonly MissingFile[];
  /** How many hidden names it has. With `offered`, unless the offering side runs an older Punchline. */
  readonly hidden?: number;
  /** How many hidden names now begin with `_`. With `done` of a received one. */
  readonly unhidden?: number;
  /** How many of its files did not arrive, though the rest did. With `done`, if there are any. */
  readonly missing?: number;
  /** The first 20 of them. */
  readonly missingFiles?: readonly MissingFile[];
}

/** A file or a folder in a folder that did not arrive, on which the peer has its say: pass both texts through safeText(). */
export interface MissingFile {
  /** Inside the folder, with slashes, as the offering side says it. */
  readonly path: string;
  /** Why it was not sent, a clause without a full stop. */
  readonly reason: string;
}

/** How to accept an offer of the peer. */
export interface AcceptOptions {
  /** Whether hidden names keep their dot. If not, it becomes `_`. Default: what was set for all offers. */
  readonly hidden?: boolean | undefined;
}

/** Further offers that were declined at once, besides the one that events `file` tell of. A peer can make any number of them. */
export interface RefusedEvent {
  readonly event: 'refused';
  /** How many, since an event last told of such an offer. This event comes at most once a second. */
  readonly offers: number;
  /** Why the last of them was declined, a clause without a full stop; empty if no reason was given. */
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
  /** The peer's program was started anew, and has lost what was said before. `connected` follows. */
  readonly restarted?: true;
}

export interface ErrorEvent {
  readonly event: 'error';
  /** `ERR_…`, see errors.ts. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** What can be tried, each in a sentence or two, the best first. The hint begins with them. Absent if it is all that can be done. */
  readonly tries?: readonly string[];
}

export interface EndedEvent {
  readonly event: 'ended';
  readonly reason: 'quit' | 'peer-left' | 'interrupted' | 'failed';
  readonly exit: number;
  /** How many messages of ours have not arrived, as far as we know. Absent if none. */
  readonly undelivered?: number;
  /** They wait on our disk until we meet this friend again. Absent if they are lost, or if there are none. */
  readonly waitsFor?: string;
}

/** An event before it gets its version and time. */
export type Happening =
  | InviteEvent
  | RendezvousEvent
  | PeerEvent
  | PlanEvent
  | AttemptEvent
  | NatsEvent
  | ProofEvent
  | ForwardedEvent
  | RelayEvent
  | ConnectedEvent
  | PathEvent
  | MessageEvent
  | HistoryEvent
  | FriendEvent
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

/** Only in `--json`: this many events were dropped at this point, because the reader did not read. */
export interface OmittedEvent {
  readonly event: 'omitted';
  readonly events: number;
}

/** One line of `--json`: `at` is in milliseconds since the epoch. `ended` is always the last. */
export type PunchlineEvent = Happening & { readonly v: 1; readonly at: number };

/**
 * A chat, as a face uses it. Events arrive in order, and `ended` is the last. A
 * face that subscribes late first gets all earlier events.
 */
export interface Chat {
  subscribe(listener: (event: PunchlineEvent) => void): () => void;
  /** Sends one message now, or as soon as there is a connection. Longer than 64 KiB of UTF-8 throws ERR_USAGE. */
  send(text: string): void;
  /** Resolves when more may be sent without filling our memory. */
  writable(): Promise<void>;
  /** Reads nothing more from the peer until `resume`: what it sends then waits on its side. */
  pause(): void;
  resume(): void;
  /** Tells the peer our new name, cut to the length that fits. Throws ERR_USAGE if the protocol has no names. */
  rename(name: string): void;
  /** Call it as the user types: the peer is told now and then, if the settings allow it. */
  typing(): void;
  /**
   * Offers a file or a folder. Resolves with its id (`FileEvent`) once it is offered, or queued for a connection.
   * Rejects with a PunchlineError: ERR_FILE, with path and cause, if it cannot be read; ERR_USAGE if the peer or the
   * protocol takes no files.
   */
  sendFile(path: string): Promise<string>;
  /** Accepts an offer of the peer into the default folder or this one. If that fails, an event `failed` tells so. */
  acceptFile(id: string, folder?: string, options?: AcceptOptions): void;
  /** Declines an offer of the peer, who sees the reason. An id without an open offer is ignored, here and in `cancelFile`. */
  declineFile(id: string, reason?: string): void;
  /** Ends an offer of ours, or a transfer in either direction. */
  cancelFile(id: string): void;
  /**
   * Keeps the peer as a friend, if the peer wants it, too: `FriendEvent` tells. The name is how this user calls the friend;
   * without one it is made of the peer's own. Throws ERR_USAGE if there is no peer, it cannot be kept, or the name is none.
   */
  befriend(name?: string): void;
  /** The friend whom this chat has met is a friend no more. The peer is told. Throws ERR_USAGE if it is none. */
  unfriend(): void;
  /** Removes what is kept of the conversation with the friend. Throws ERR_USAGE if nothing is kept. */
  forget(): void;
  /** Sends a heartbeat this often from now on; undefined stops it. */
  beat(everyMs: number | undefined): void;
  /**
   * Four words that the two people compare. They are the same on both sides if
   * nobody is in between, and stay the same for the whole session. Undefined
   * before there is a connection, and if it is not encrypted.
   */
  readonly verification: readonly string[] | undefined;
  /** The round trip as last measured, in ms; undefined before there is one. */
  readonly rttMs: number | undefined;
  /** Nothing more will be sent. Waits for a connection and the delivery, then says goodbye and ends with exit 0. */
  finish(): void;
  /** Delivers what was sent, says goodbye, and ends with exit 0. Without a connection, or called again, it ends at once. */
  leave(): void;
  /** Tells all faces of a failure that does not end the chat. */
  report(failure: Omit<ErrorEvent, 'event'>): void;
  /** Says goodbye at once, without waiting for delivery, and ends with the given exit code (130, 143, 129). */
  interrupt(exit: number): void;
}
