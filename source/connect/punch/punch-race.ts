import type { Socket } from 'node:net';
import { addressClass } from '../../network/address.ts';
import type { SocketOrigin } from '../../network/dial.ts';
import { manyListeners } from '../../network/waiting.ts';
import type { AttemptEvent, Endpoint, Path, Role } from '../../events.ts';
import type { MeetingContext } from '../meeting-context.ts';
import { dialHosts, noHosts, openHosts, type Hosts } from './host-candidates.ts';
import { dialableHosts } from './plan/dialable.ts';
import { punch, type PunchOptions } from './punch.ts';
import { Race, type Won } from './race.ts';

export interface PunchRaceOptions {
  readonly context: MeetingContext;
  readonly role: Role;
  /** The place as it was reached: what may be dialled depends on it. */
  readonly server: Endpoint;
  readonly pathTo: (remote: Endpoint) => Path;
  /** Whether a channel on this path is of any use; by default it is. */
  readonly wants?: (path: Path) => boolean;
  /** Told whenever a socket has shown whether the key that was tried on it is ours. */
  readonly onKeyTried?: () => void;
  readonly onAttempt: (attempt: Omit<AttemptEvent, 'event'>) => void;
  readonly signal: AbortSignal;
}

/**
 * Holds one race for a channel, and ends it with what `play` makes of it. Whatever the end, no socket stays but the
 * one that `play` has returned, and no timer or listener.
 */
export async function holdRace<Result>(
  options: PunchRaceOptions,
  play: (race: PunchRace) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const signal = manyListeners(AbortSignal.any([options.signal, over.signal]));
  const race = new PunchRace({ ...options, signal });
  try {
    return await play(race);
  } catch (error) {
    // Also one that is won in the same moment, or only now turns out to be of no use.
    void race.winner.then(({ link }) => link.destroy());
    throw error;
  } finally {
    over.abort();
  }
}

/** A race, and the ways by which sockets come into it: dials to the peer's NAT, and those of our own networks. */
export class PunchRace {
  /** Aborted when the race is over. */
  readonly signal: AbortSignal;
  readonly #options: PunchRaceOptions;
  readonly #race: Race;
  readonly #psk = Promise.withResolvers<Uint8Array>();
  #hosts: Hosts = noHosts;

  constructor(options: PunchRaceOptions) {
    this.#options = options;
    this.signal = options.signal;
    this.#race = new Race({ ...options, received: options.context.received, psk: this.#psk.promise });
  }

  get winner(): Promise<Won> {
    return this.#race.winner;
  }

  /** Whether no socket is on its way to be proven or nominated. */
  get idle(): boolean {
    return this.#race.idle;
  }

  /** Whether somebody tried a key that is not ours. */
  get guessed(): boolean {
    return this.#race.guessed;
  }

  /** Takes ownership of the socket. */
  readonly enter = (socket: Socket, origin: SocketOrigin): void => {
    this.#race.enter(socket, origin);
  };

  /** No socket proves itself before there is a key. */
  prove(psk: Uint8Array): void {
    this.#psk.resolve(psk);
  }

  punch(rounds: Pick<PunchOptions, 'family' | 'address' | 'attempts' | 'round' | 'onPlan'>): Promise<void> {
    return punch({
      ...rounds,
      onAttempt: this.#options.onAttempt,
      onSocket: this.enter,
      signal: this.signal,
    });
  }

  /** Awaits the peer on our own networks, and resolves with where, for the peer. */
  async openHosts(): Promise<readonly Endpoint[]> {
    const { families } = this.#options.context;
    this.#hosts = await openHosts({
      loopback: this.#isOnLoopback,
      families,
      onSocket: this.enter,
      signal: this.signal,
    });
    return this.#hosts.candidates;
  }

  /** What may be dialled of the endpoints that the peer gives for its own networks. */
  dialable(theirs: readonly Endpoint[]): readonly Endpoint[] {
    return dialableHosts(theirs, {
      loopbackAllowed: this.#isOnLoopback,
      server: this.#options.server,
      own: this.#hosts.candidates,
    });
  }

  /** Dials them, once the punch's SYN has left. */
  dialHosts(candidates: readonly Endpoint[]): void {
    const { onAttempt } = this.#options;
    void dialHosts({ candidates, own: this.#hosts, onAttempt, onSocket: this.enter, signal: this.signal });
  }

  get #isOnLoopback(): boolean {
    return addressClass(this.#options.server.address) === 'loopback';
  }
}
