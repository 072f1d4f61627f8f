import { mappingOf, type Observation } from '../core/mapping.ts';
import { planRound, type Side } from '../core/punch-plan.ts';
import type { HelloMessage } from '../core/sealed-messages.ts';
import { mayBeSprayed } from '../core/spray-target.ts';
import type { Introduction, Match } from './introduction.ts';
import type { Round } from './punch.ts';
import type { Rendezvous } from './rendezvous.ts';
import { within } from './within.ts';

/** How long a later round waits for the peer's greeting, which may ask for a spray. */
const GREETING_TIMEOUT_MS = 3000;
/** Bounds the fresh measurement of the way to the server; without an answer the last one holds. */
const PING_TIMEOUT_MS = 2000;

export interface RoundsOptions {
  readonly rendezvous: Rendezvous;
  readonly match: Match;
  /** Dial from a port that no NAT is open for. */
  readonly freshPort: boolean;
  /** Whether this punch may spray at all. */
  readonly spray: boolean;
  readonly signal: AbortSignal;
}

/** What each round of a punch is, from what both sides know of their NATs by then. */
export class Rounds {
  readonly #own: Side;
  readonly #options: RoundsOptions;
  readonly #sprayable: boolean;
  #peer: Side;

  constructor(options: RoundsOptions) {
    const { match, rendezvous, spray } = options;
    this.#options = options;
    this.#own = sideOf(match.mapped);
    this.#peer = sideOf(match.peerMapped);
    this.#sprayable = spray && mayBeSprayed(match.peerMapped.address, rendezvous.remote.address);
  }

  /** At once: its SYN is the one that counts. */
  first(): Round {
    const { match, rendezvous, freshPort } = this.#options;
    return {
      plan: planRound({
        role: match.role,
        round: 1,
        own: this.#own,
        peer: this.#peer,
        sprayAllowed: this.#sprayable,
      }),
      startInMs: match.startInMs,
      localPort: freshPort ? 0 : rendezvous.local.port,
    };
  }

  /** Round `n`, from 2, as agreed with the peer. */
  async next(n: number, introduction: Introduction): Promise<Round> {
    const { match, rendezvous, freshPort, signal } = this.#options;
    const [hello, probe] = await Promise.all([
      within(introduction.hello, GREETING_TIMEOUT_MS, signal).catch(() => undefined),
      this.#probeAnew(),
      rendezvous.measure(PING_TIMEOUT_MS),
    ]);
    if (hello?.observed !== undefined) this.#peer = sideOf(hello.observed);
    const { startInMs, probePort } = await introduction.nextStart(n, probe?.token);
    const peer =
      probePort === undefined
        ? this.#peer
        : { ...this.#peer, observation: { ...this.#peer.observation, probePort } };
    return {
      plan: planRound({
        role: match.role,
        round: n,
        own: this.#own,
        peer,
        sprayAllowed: this.#sprayable && asksForSpray(hello),
      }),
      startInMs,
      localPort: probe?.localPort ?? (freshPort ? 0 : rendezvous.local.port),
    };
  }

  /** A NAT that counts has counted on since: the peer must know from where. */
  async #probeAnew(): Promise<{ localPort: number; token: string } | undefined> {
    const { rendezvous, freshPort } = this.#options;
    if (this.#own.mapping.kind !== 'sequential' || freshPort || rendezvous.failed) return undefined;
    return rendezvous.probeAnew().catch(() => undefined);
  }
}

const sideOf = ({ port, probePort }: Observation): Side => ({
  mapping: mappingOf({ port, probePort }),
  observation: { port, probePort },
});

const asksForSpray = (hello: HelloMessage | undefined): boolean => hello?.spray === true;
