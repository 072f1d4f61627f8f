import type { Family, Role } from '../events.ts';
import type { Server } from '../network/endpoint.ts';
import type { Proxies } from '../network/proxy/proxy.ts';
import type { Code } from '../protocol/code.ts';
import type { PlaceAddresses } from '../protocol/place-address.ts';
import type { RelayWish } from '../protocol/relay-wish.ts';
import type { StartHost } from './places/here/host-server.ts';

/** What both of two friends have, so that they meet without a code: see FriendBook. */
export interface FriendKey {
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** Ours in every meeting with this friend. */
  readonly role: Role;
}

/** The caller checks the numbers. For the command line, cli/settings/chat-settings.ts does. */
export interface ConnectOptions {
  /** Where the two meet: see parseServer() and parseInvite(). Only with `here` it may be left out. */
  readonly server?: PlaceAddresses | undefined;
  /**
   * The two meet at this machine, in the rendezvous that `start` runs inside this program. `port` 0: any free one.
   * `announced`: whether the local network is told of it; by default it is, unless `lan` is false.
   */
  readonly here?:
    | { readonly start: StartHost; readonly port: number; readonly announced?: boolean }
    | undefined;
  /**
   * Whether the host is also looked for on the local network, for 3 s; default false. It takes a code. Then `server` may
   * be left out. With `here` both sides may do the same: of two that find each other, one joins the other.
   */
  readonly local?: boolean | undefined;
  /** See parseCode() and parseInvite(). Without a code a room is opened, and an event `invite` says what to pass on. */
  readonly code?: Code | undefined;
  /** Met without a code. Then no code is given, and `server` names where the two meet. */
  readonly friend?: FriendKey | undefined;
  /** The name that the peer sees; default `peer`. */
  readonly name?: string | undefined;
  /**
   * What the stream carries: any bytes (`pipe`, the default), messages (`chat`), or many streams (`forward`). It must be
   * the same on both sides.
   */
  readonly mode?: 'chat' | 'pipe' | 'forward';
  /** With `chat`: this side only sends files, or only receives them. The peer must do something else. Default: both. */
  readonly task?: 'send' | 'receive' | undefined;
  /**
   * Whether a peer that has lost the session, because its program was started anew with the same code of your own, is
   * met again: `restarted` tells. Default: no.
   */
  readonly awaitsRestart?: boolean | undefined;
  /** Rounds of punching; default 10. */
  readonly attempts?: number;
  /**
   * Whether the rendezvous may relay: `auto` (default) if punching has not succeeded within 3 s, `never`, or `always`
   * without any punching. Both sides must allow it.
   */
  readonly relay?: RelayWish;
  /** Whether host candidates are used; default true. */
  readonly lan?: boolean;
  /** Whether the router of this machine may be asked to map a port, where that can help; by default it is, unless `lan` is false. */
  readonly portMapping?: boolean | undefined;
  /** One address family only. */
  readonly family?: Family | undefined;
  /** How long to wait for the peer; default: without end. */
  readonly waitMs?: number | undefined;
  /** How long a lost connection is looked for; default 10 minutes. */
  readonly giveUpMs?: number;
  /** Whether to ping only every 25 s instead of every 5 s, for metered links. */
  readonly quiet?: boolean;
  /** Whether to report to the rendezvous, for its statistics, the outcome and the kinds of NAT; default true. */
  readonly report?: boolean;
  /**
   * STUN servers over TCP that tell where the outside sees us. The first two are asked. For a mailbox server, which
   * cannot tell it; default: two of the public ones. For a rendezvous behind a proxy or at https, if it does not see us;
   * default: nobody is asked. With `here` they tell the address of a router that forwards the port; default: nobody.
   */
  readonly stun?: readonly Server[] | undefined;
  /** A transit relay of magic-wormhole, which relays for a mailbox server. Both sides must name the same one; default: none. */
  readonly transit?: Server | undefined;
  /** What leads to the servers that are named here; by default nothing. The peer and STUN servers are dialled without. */
  readonly proxies?: Proxies | undefined;
  /** The probe port of the server, if it is not the one after its own. */
  readonly probePort?: number | undefined;
  /** Makes a punch fail, to show how that looks: we dial from another port than the one that the rendezvous saw. */
  readonly freshPort?: boolean;
  /**
   * How many ports one side dials at once, and from how many sockets the other, where a mapping is random. It is to
   * see how often fewer of them meet; default, and at most, 1,024 dials and 256 sockets.
   */
  readonly spraySize?: { readonly dials: number; readonly sockets: number };
  /** The folder for files of the peer, if none is named when they are accepted; default: the current folder. */
  readonly downloads?: string | undefined;
  /** Whether accepted files keep hidden names, such as `.profile`, instead of names that begin with `_`; default: no. */
  readonly acceptHidden?: boolean | undefined;
  /** How long the steps on the way to a channel may take. */
  readonly waits?: Partial<Waits> | undefined;
  /** Destroys the connection, without an error. */
  readonly signal?: AbortSignal;
}

/** How long we wait for others on the way to a channel, in ms. These are options because a test cannot wait as long. */
export interface Waits {
  /** For the server to answer a line. It holds a joiner for up to 10 s if the opener has not joined yet. */
  readonly answerMs: number;
  /** For the first seal of `a`, which comes at once from a real peer. */
  readonly sealMs: number;
  /** For what is still under way when the rounds are over or the rendezvous is gone. */
  readonly graceMs: number;
  /** For the peer's hello, if a channel was won before it came. */
  readonly lateHelloMs: number;
  /** For a friend in today's room, before we look into those of the days before and after: one of the clocks may be wrong. */
  readonly otherDayMs: number;
  /** For punching to succeed before the rendezvous is asked to relay. A lost SYN is sent again after 1 s and after 3 s. */
  readonly relayMs: number;
  /** The same between two NATs that, as far as we know, let no direct connection through. Meanwhile punching goes on. */
  readonly hopelessMs: number;
  /** The same between two such NATs of which one maps a port, which it may do in vain. */
  readonly forwardedMs: number;
}
