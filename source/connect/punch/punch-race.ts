import { addressClass } from '../../network/address.ts';
import { manyListeners, within } from '../../network/waiting.ts';
import type { Endpoint } from '../../events.ts';
import type { MeetingContext } from '../meeting-context.ts';
import { dialHosts, noHosts, openHosts, type Hosts } from './ports/host-candidates.ts';
import { dialableHosts } from './plan/dialable.ts';
import { punch, type PunchOptions, type Ways } from './punch.ts';
import { Race, type RaceOptions } from './race.ts';

/**
 * How long the next round waits for a connection that proves itself: the dials of a spray would take the line and the
 * processor from it. The peer waits 5 s for a round.
 */
const SETTLE_MS = 3000;

export interface PunchRaceOptions extends Omit<RaceOptions, 'psk' | 'received' | 'blackHole'> {
  readonly context: MeetingContext;
  /** The place as it was reached, if it was not only through a proxy. It decides what may be dialled. */
  readonly server: Endpoint | undefined;
  /** The address from which we have reached the place; undefined if it was not reached lately. */
  readonly used?: string | undefined;
  readonly onAttempt: Ways['onAttempt'];
}

/**
 * Runs `play` with a race for one channel. When `play` has ended, the race is over, and no socket, timer or listener
 * stays but the channel that `play` has returned.
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
    // A channel may be won at the same moment, or may have turned out to be of no use.
    void race.winner.then(({ link }) => link.abandon(options.signal.reason));
    throw error;
  } finally {
    over.abort();
  }
}

/** A race, with what brings sockets into it: the dials to the peer's NAT, and those on our own networks. */
export class PunchRace extends Race {
  /** Aborted when the race is over. */
  readonly signal: AbortSignal;
  /** Gives the key. Before that no socket proves itself. */
  readonly prove: (psk: Uint8Array) => void;
  readonly #options: PunchRaceOptions;
  #hosts: Hosts = noHosts;

  constructor(options: PunchRaceOptions) {
    const psk = Promise.withResolvers<Uint8Array>();
    const { received, blackHole } = options.context;
    super({ ...options, received, blackHole, psk: psk.promise });
    this.signal = options.signal;
    this.prove = psk.resolve;
    this.#options = options;
  }

  /** Waits for a connection that proves itself, if there is one, before other dials leave. */
  async yieldToProof(): Promise<void> {
    await within(this.settled(), SETTLE_MS, this.signal).catch(() => undefined);
  }

  punch(rounds: Pick<PunchOptions, 'family' | 'address' | 'attempts' | 'round' | 'onPlan'>): Promise<void> {
    const { spraySize } = this.#options.context;
    return punch({ ...rounds, ...this.ways, spraySize });
  }

  /** Listens for the peer on our own networks, and resolves with the endpoints. */
  async openHosts(): Promise<readonly Endpoint[]> {
    const { context, used } = this.#options;
    const { families } = context;
    this.#hosts = await openHosts({ families, loopback: this.#isOnLoopback, used }, this.ways);
    return this.#hosts.candidates;
  }

  /** Those of the peer's host candidates that we may dial. */
  dialable(theirs: readonly Endpoint[]): readonly Endpoint[] {
    const { server } = this.#options;
    return dialableHosts(theirs, {
      loopbackAllowed: this.#isOnLoopback,
      server,
      own: this.#hosts.candidates,
    });
  }

  /** Dials host candidates. Call it after the punch's SYN has left. */
  dialHosts(candidates: readonly Endpoint[]): void {
    void dialHosts(candidates, this.#hosts, this.ways);
  }

  /** Where other ways hand on their attempts and sockets. */
  get ways(): Ways {
    const { onAttempt, signal } = this.#options;
    return {
      onAttempt,
      onSocket: (socket, origin) => this.enter(socket, origin),
      signal,
    };
  }

  get #isOnLoopback(): boolean {
    const { server } = this.#options;
    return server !== undefined && addressClass(server.address) === 'loopback';
  }
}
