import type { Family } from '../events.ts';
import type { Code } from '../protocol/code.ts';
import type { Server } from '../network/endpoint.ts';
import type { RelayWish } from '../protocol/relay-wish.ts';

/** Numbers are the caller's to check; the command line does it in cli/settings/chat-settings.ts. */
export interface ConnectOptions {
  /** The rendezvous: see parseServer() and parseInvite(). */
  readonly server: Server;
  /** See parseCode() and parseInvite(). Without one, a room is opened, and an event `invite` says what to pass on. */
  readonly code?: Code | undefined;
  /** How the peer sees us; none: `peer`. */
  readonly name?: string | undefined;
  /** What the stream carries, which must be the same on both sides: `pipe` (default) any bytes, `chat` messages. */
  readonly mode?: 'chat' | 'pipe';
  /** Rounds of punching; default 10. */
  readonly attempts?: number;
  /**
   * Whether the rendezvous may relay: `auto` (default) where punching has not succeeded within 3 s, `never`, or
   * `always` and no punching at all. Both sides must allow it.
   */
  readonly relay?: RelayWish;
  /** Whether host candidates are used; default true. */
  readonly lan?: boolean;
  /** One address family only. */
  readonly family?: Family | undefined;
  /** How long to wait for the peer; default: no end. */
  readonly waitMs?: number | undefined;
  /** How long a lost connection is tried for; default 10 minutes. */
  readonly giveUpMs?: number;
  /** Pings every 25 s instead of 5, for metered links. */
  readonly quiet?: boolean;
  /** Whether the rendezvous is told, for its figures, how it ended and between which kinds of NAT; default true. */
  readonly report?: boolean;
  /** The probe port of the server, where it is not the one after its own. */
  readonly probePort?: number | undefined;
  /** To see a punch fail: dials leave from another port than the rendezvous was met from, and so open no NAT. */
  readonly freshPort?: boolean;
  /** The folder for files of the peer, where none is named when they are accepted; default: the current one. */
  readonly downloads?: string | undefined;
  /** Whether hidden names in what is accepted stay as they are, and do not begin with `_`; default: no. */
  readonly acceptHidden?: boolean | undefined;
  /** How long others may take on the way. */
  readonly waits?: Partial<Waits> | undefined;
  /** Destroys the connection, without an error. */
  readonly signal?: AbortSignal;
}

/** How long we wait for others on the way to a channel, in ms. Options, because a test cannot wait for them. */
export interface Waits {
  /** How long a server may take to answer a line: it holds a joiner for 10 s who comes before the opener has joined. */
  readonly answerMs: number;
  /** `a` seals at once: who has said nothing for so long was no peer. */
  readonly sealMs: number;
  /** For what is under way when the rounds are over, or the rendezvous is gone. */
  readonly graceMs: number;
  /** For the peer's hello where a channel was won before it came. */
  readonly lateHelloMs: number;
  /** For punching to succeed, before the rendezvous is asked to relay: a lost SYN is repeated after 1 s, and after 3. */
  readonly relayMs: number;
  /** The same between two NATs that let no direct connection through, as far as is known. */
  readonly hopelessMs: number;
}
