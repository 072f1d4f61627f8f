import { addressClass } from '../../network/address.ts';
import { manyListeners } from '../../network/waiting.ts';
import type { Endpoint } from '../../events.ts';
import type { MeetingContext } from '../meeting-context.ts';
import { dialHosts, noHosts, openHosts, type Hosts } from './host-candidates.ts';
import { dialableHosts } from './plan/dialable.ts';
import { punch, type PunchOptions, type Ways } from './punch.ts';
import { Race, type RaceOptions } from './race.ts';

export interface PunchRaceOptions extends Omit<RaceOptions, 'psk' | 'received'> {
  readonly context: MeetingContext;
  /** The place as it was reached: what may be dialled depends on it. */
  readonly server: Endpoint;
  readonly onAttempt: Ways['onAttempt'];
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
export class PunchRace extends Race {
  /** Aborted when the race is over. */
  readonly signal: AbortSignal;
  /** No socket proves itself before there is a key. */
  readonly prove: (psk: Uint8Array) => void;
  readonly #options: PunchRaceOptions;
  #hosts: Hosts = noHosts;

  constructor(options: PunchRaceOptions) {
    const psk = Promise.withResolvers<Uint8Array>();
    super({ ...options, received: options.context.received, psk: psk.promise });
    this.signal = options.signal;
    this.prove = psk.resolve;
    this.#options = options;
  }

  punch(rounds: Pick<PunchOptions, 'family' | 'address' | 'attempts' | 'round' | 'onPlan'>): Promise<void> {
    return punch({ ...rounds, ...this.#ways });
  }

  /** Awaits the peer on our own networks, and resolves with where, for the peer. */
  async openHosts(): Promise<readonly Endpoint[]> {
    const { families } = this.#options.context;
    this.#hosts = await openHosts(families, this.#isOnLoopback, this.#ways);
    return this.#hosts.candidates;
  }

  /** What may be dialled of the endpoints that the peer gives for its own networks. */
  dialable(theirs: readonly Endpoint[]): readonly Endpoint[] {
    const { server } = this.#options;
    return dialableHosts(theirs, {
      loopbackAllowed: this.#isOnLoopback,
      server,
      own: this.#hosts.candidates,
    });
  }

  /** Dials them, once the punch's SYN has left. */
  dialHosts(candidates: readonly Endpoint[]): void {
    void dialHosts(candidates, this.#hosts, this.#ways);
  }

  get #ways(): Ways {
    const { onAttempt, signal } = this.#options;
    return {
      onAttempt,
      onSocket: (socket, origin) => this.enter(socket, origin),
      signal,
    };
  }

  get #isOnLoopback(): boolean {
    return addressClass(this.#options.server.address) === 'loopback';
  }
}
