import { performance } from 'node:perf_hooks';
import type { Endpoint, Path, ProofEvent, Role } from '../../events.ts';
import { isBetterPath } from './path.ts';
import type { BlackHoleDetection } from '../session/black-hole.ts';
import { isOtherKey, loadSmallPackets, secureChannel, type Channel } from '../session/secure-channel.ts';
import type { SocketOrigin } from '../../network/dial.ts';
import { FrameLink } from '../session/frame-link.ts';
import { type Connection, localEndpoint, remoteEndpoint } from '../../network/sockets.ts';

/**
 * Strangers may connect to our listeners. This bounds how many of them may try
 * to prove themselves at once. The plan bounds the sockets that we dialled.
 */
const MAX_STRANGERS = 16;
/**
 * Bounds the proven channels that wait to be nominated. An honest `a` nominates the first one that it has proven. Few
 * others are under way by then: one for each of its addresses, and for each hit of a spray. So the one that is
 * nominated is among the first, and we may drop what comes after them.
 */
const MAX_PROVEN = 16;
/**
 * Only one connection runs through the relay, no stranger comes by it, and no other one follows. It may be slow,
 * because sprays that still go on fill the line.
 */
const RELAYED_PROOF_MS = 15_000;
/** `a` nominates at once. A proven channel that waits longer than this was not chosen. */
const NOMINATION_TIMEOUT_MS = 10_000;
/** Strangers may connect again and again. This bounds how often the user is told of a connection that proves nothing. */
const MAX_TOLD = 20;

export interface Won {
  readonly link: FrameLink;
  /** How far the peer has read what we write, as its nomination says. `a` learns it from the first ack. */
  readonly peerReceived: number | undefined;
  readonly path: Path;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly cipher: string;
  readonly group: string;
  /** The exported key of this channel; see verificationWords. */
  readonly verification: Uint8Array;
  /** When the socket was connected and when the channel was proven, by performance.now(). */
  readonly openedAt: number;
  readonly provenAt: number;
}

interface Contender extends Pick<Won, 'path' | 'local' | 'remote' | 'openedAt' | 'provenAt'> {
  readonly channel: Channel;
  /** Where `b` waits for the nomination. */
  link?: FrameLink;
}

export interface RaceOptions {
  readonly role: Role;
  readonly psk: Promise<Uint8Array>;
  readonly pathTo: (remote: Endpoint) => Path;
  /** Whether a channel on this path is of use; by default each one is. */
  readonly wants?: (path: Path) => boolean;
  /** How far we have read what the peer writes. `a` says so when it nominates. */
  readonly received: () => number;
  readonly blackHole: BlackHoleDetection;
  /** Whether the peer, and hardly anybody else, is at this address. */
  readonly isPeer?: (remote: Endpoint) => boolean;
  /** Called whenever a socket has shown whether the key that was tried on it is ours. */
  readonly onKeyTried?: () => void;
  /** Called when the first socket has to prove itself, and when none is left that could. */
  readonly onProof?: (proof: Omit<ProofEvent, 'event'>) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes one channel of any number of connected sockets. Each must prove itself,
 * and then `a` nominates one. Sockets that fail or prove nothing are dropped.
 * They never end the race.
 */
export class Race {
  readonly winner: Promise<Won>;
  readonly #options: RaceOptions;
  readonly #contenders = new Set<Contender>();
  readonly #unproven = new Map<Connection, SocketOrigin>();
  #resolve: (won: Won) => void = () => undefined;
  #over = false;
  #guessed = false;
  #judging: NodeJS.Immediate | undefined;
  #told = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: RaceOptions) {
    this.#options = options;
    this.winner = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    options.signal.addEventListener('abort', () => this.#end(), { once: true });
    loadSmallPackets().catch(() => undefined);
  }

  /** Whether no socket is on its way to be proven or nominated. */
  get idle(): boolean {
    return this.#unproven.size === 0 && this.#contenders.size === 0;
  }

  /** Resolves when no socket is on its way to be proven or nominated, or when the race is over. */
  async settled(): Promise<void> {
    if (!this.#over && !this.idle) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** Whether somebody has tried a key that is not ours. That is a guess at the code, and does not end the race. */
  get guessed(): boolean {
    return this.#guessed;
  }

  /** Takes ownership of the socket. */
  enter(socket: Connection, origin: SocketOrigin): void {
    const strangers = [...this.#unproven.values()].filter((one) => one === 'accepted').length;
    // A connection may be gone by now. It has no endpoint any more, and proves nothing.
    const isGone = socket.destroyed || socket.remotePort === undefined;
    if (isGone || this.#over || (origin === 'accepted' && strangers >= MAX_STRANGERS)) {
      socket.destroy();
      return;
    }
    this.#unproven.set(socket, origin);
    // Nobody needs to know why a stranger failed.
    this.#prove(socket, origin, performance.now()).catch(() => undefined);
  }

  async #prove(socket: Connection, origin: SocketOrigin, openedAt: number): Promise<void> {
    const { role, pathTo, wants, onKeyTried } = this.#options;
    const local = localEndpoint(socket);
    const remote = remoteEndpoint(socket);
    let path: Path = 'relay';
    let channel: Channel;
    try {
      path = origin === 'relayed' ? path : pathTo(remote);
      if (this.#unproven.size === 1 && this.#contenders.size === 0) {
        this.#tell('started', path, remote);
      }
      const psk = await this.#options.psk;
      channel = await this.#secure(socket, origin, psk, remote);
      onKeyTried?.();
    } catch (error) {
      socket.destroy();
      if (isOtherKey(error)) {
        this.#guessed = true;
        onKeyTried?.();
      }
      this.#unproven.delete(socket);
      this.#fail(path, remote);
      throw error;
    }
    this.#unproven.delete(socket);
    if (this.#over || wants?.(path) === false || this.#contenders.size >= MAX_PROVEN) {
      channel.socket.destroy();
      this.#fail(path, remote);
      return;
    }
    const contender: Contender = { channel, path, local, remote, openedAt, provenAt: performance.now() };
    this.#contenders.add(contender);
    if (role === 'a') {
      this.#judging ??= setImmediate(() => this.#nominate());
    } else {
      this.#awaitNomination(contender);
    }
  }

  /** A relay gives one connection, so its handshake takes no risk. Each other one shows whether full packets arrive. */
  async #secure(
    socket: Connection,
    origin: SocketOrigin,
    psk: Uint8Array,
    remote: Endpoint,
  ): Promise<Channel> {
    const { role, signal, blackHole, isPeer } = this.#options;
    const proofMs = origin === 'relayed' ? RELAYED_PROOF_MS : undefined;
    const smallPackets = blackHole.isSuspected ? 'always' : origin === 'relayed' ? 'handshake' : 'never';
    const channel = await secureChannel(socket, {
      role,
      psk,
      signal,
      proofMs,
      smallPackets,
      onStalled: (hasKey) => {
        // Anybody can connect to us and say nothing.
        const isMeant = hasKey || origin === 'dialled' || isPeer?.(remote) === true;
        if (smallPackets === 'never' && isMeant) {
          blackHole.handshakeStalled();
        }
      },
    });
    if (smallPackets === 'never') {
      blackHole.handshakeSucceeded();
    }
    return channel;
  }

  /** Runs at the end of the turn, when all that was proven in it is known. The better path breaks ties. */
  #nominate(): void {
    this.#judging = undefined;
    const [first, ...others] = this.#contenders;
    if (this.#over || first === undefined) {
      return;
    }
    const chosen = others.reduce((best, one) => (isBetterPath(one.path, best.path) ? one : best), first);
    const link = new FrameLink(chosen.channel.socket);
    const group = chosen.channel.group ?? 'unknown';
    link.send({ type: 'nominate', received: this.#options.received(), group });
    this.#win(chosen, link, group, undefined);
  }

  #awaitNomination(contender: Contender): void {
    const link = new FrameLink(contender.channel.socket);
    contender.link = link;
    const drop = () => {
      clearTimeout(timer);
      this.#contenders.delete(contender);
      this.#fail(contender.path, contender.remote);
      link.destroy();
    };
    const timer = setTimeout(drop, NOMINATION_TIMEOUT_MS);
    timer.unref();
    link.listen({
      onFrames: ([first, ...more]) => {
        if (this.#over || first?.type !== 'nominate') {
          drop();
          return;
        }
        clearTimeout(timer);
        // The other frames are for the session, which begins later. Until then the peer must not fill our memory.
        link.pause(more);
        this.#win(contender, link, first.group, first.received);
      },
      onDrain: () => undefined,
      onGone: drop,
    });
  }

  /** A socket can prove nothing any more. */
  #fail(path: Path, remote: Endpoint): void {
    this.#settle();
    this.#tell('failed', path, remote);
  }

  #settle(): void {
    if (this.#over || this.idle) {
      this.#waiting.splice(0).forEach((resolve) => resolve());
    }
  }

  /** A failure is told only if no other socket can still prove itself. */
  #tell(state: ProofEvent['state'], path: Path, { address, port }: Endpoint): void {
    if (this.#over || this.#told >= MAX_TOLD || (state === 'failed' && !this.idle)) {
      return;
    }
    this.#told += state === 'failed' ? 1 : 0;
    this.#options.onProof?.({ state, path, remote: { address, port } });
  }

  #win(
    { channel, ...contender }: Contender,
    link: FrameLink,
    group: string,
    peerReceived: number | undefined,
  ): void {
    for (const other of this.#contenders) {
      if (other.channel !== channel) {
        other.channel.socket.destroy();
      }
    }
    this.#contenders.clear();
    this.#over = true;
    this.#settle();
    this.#resolve({
      ...contender,
      link,
      cipher: channel.cipher,
      verification: channel.verification,
      group,
      peerReceived,
    });
  }

  #end(): void {
    if (this.#judging !== undefined) {
      clearImmediate(this.#judging);
    }
    this.#over = true;
    this.#settle();
    // These sockets may still wait for the key.
    for (const socket of this.#unproven.keys()) {
      socket.destroy();
    }
    for (const { channel, link } of this.#contenders) {
      if (link === undefined) {
        channel.socket.destroy();
      } else {
        // The nomination may be on its way to us.
        link.abandon(this.#options.signal.reason);
      }
    }
    this.#contenders.clear();
  }
}
