import { performance } from 'node:perf_hooks';
import type { Observation } from '../../nat/mapping.ts';
import { planRound, sideOf, type Bursts, type RoundPlan, type Side } from './plan/punch-plan.ts';
import { type HelloMessage, MAX_BURSTS } from '../../protocol/sealed-messages.ts';
import { type SprayBudgets, mayBeSprayed } from './plan/spray-budget.ts';
import type { Signalling, Match } from './signalling.ts';
import { observePort, type ObservedPort } from '../rendezvous/observe-port.ts';
import type { SentProbe } from '../rendezvous/probe.ts';
import type { Round } from './punch.ts';
import type { Rendezvous } from '../rendezvous/rendezvous.ts';
import { within } from '../../network/waiting.ts';

/** How long a later round waits for the peer's greeting, which may ask for a spray. */
const GREETING_TIMEOUT_MS = 3000;
/** Bounds the fresh measurement of the way to the server; without an answer the last one holds. */
const PING_TIMEOUT_MS = 2000;
/**
 * How long a later round waits for a probe that the match came too early for. Its
 * SYN was repeated after 1 s, when the first round has just ended in silence.
 */
const LATE_PROBE_MS = 300;

export interface RoundsOptions {
  readonly rendezvous: Rendezvous;
  readonly match: Match;
  /** Dial from a port that no NAT is open for. */
  readonly freshPort: boolean;
  /** Without one, this punch sprays nobody and asks for no spray. */
  readonly spray: SprayBudgets | undefined;
  readonly signal: AbortSignal;
}

type OwnSight = Pick<ObservedPort, 'local' | 'mapped'>;

/** What each round of a punch is, from what both sides know of their NATs by then. */
export class Rounds {
  /** How many bursts we may dial in this punch, and how many we may meet: the peer is told so. */
  readonly sprays: { readonly bursts: number; readonly fans: number };
  readonly #options: RoundsOptions;
  #own: Side;
  #peer: Side;
  /** From where we dial where no new probe says otherwise. */
  #localPort: number;
  #hasObserved = false;
  /** How many each side has dialled. */
  readonly #dialled = { own: 0, peer: 0 };

  constructor(options: RoundsOptions) {
    const { match, rendezvous, spray } = options;
    const { address } = match.peerMapped;
    this.#options = options;
    this.#own = sideOf(match.mapped);
    this.#peer = sideOf(match.peerMapped);
    this.#localPort = rendezvous.local.port;
    const now = performance.now();
    this.sprays =
      spray !== undefined && mayBeSprayed(address, rendezvous.remote.address)
        ? { bursts: spray.bursts.left(address, now), fans: spray.fans.left(address, now) }
        : { bursts: 0, fans: 0 };
  }

  /** At once: its SYN is the one that counts. */
  first(): Round {
    const { match, freshPort } = this.#options;
    return {
      plan: planRound({
        role: match.role,
        round: 1,
        own: this.#own,
        peer: this.#peer,
        // The peer has not said its own yet.
        bursts: { own: this.sprays.bursts, peer: this.sprays.fans },
      }),
      startInMs: match.startInMs,
      localPort: freshPort ? 0 : this.#localPort,
    };
  }

  /** How the rendezvous has seen us, as far as is known by now. */
  get observed(): Observation {
    return this.#own.observation;
  }

  /** A channel from the peer's mapped address was won. */
  proven(): void {
    const { match, spray } = this.#options;
    spray?.bursts.prove(match.peerMapped.address);
    spray?.fans.prove(match.peerMapped.address);
  }

  /** Round `n`, from 2, as agreed with the peer; undefined where the peer has left: nobody would play it with us. */
  async next(n: number, introduction: Signalling): Promise<Round | undefined> {
    const { match, rendezvous, freshPort, signal } = this.#options;
    const [hello, probe] = await Promise.all([
      within(introduction.hello, GREETING_TIMEOUT_MS, signal).catch(() => undefined),
      this.#probeAnew(introduction),
      rendezvous.measure(PING_TIMEOUT_MS),
    ]);
    const { startInMs, probePort } = await introduction.nextStart(n, probe?.token);
    if (introduction.peerGone === 'left') {
      return undefined;
    }
    const observed = introduction.peerObserved ?? hello?.observed;
    if (observed !== undefined) {
      this.#peer = sideOf(observed);
    }
    const peer =
      probePort === undefined
        ? this.#peer
        : { ...this.#peer, observation: { ...this.#peer.observation, probePort } };
    const bursts = this.#burstsLeft(hello);
    const plan = planRound({ role: match.role, round: n, own: this.#own, peer, bursts });
    // Once another round has won, this one is not played.
    if (!signal.aborted) {
      this.#count(plan);
    }
    return {
      plan,
      startInMs,
      localPort: probe?.localPort ?? (freshPort ? 0 : this.#localPort),
    };
  }

  /** What both sides have said, less what was dialled since: they come to the same numbers. */
  #burstsLeft(hello: HelloMessage | undefined): Bursts {
    if (hello?.spray !== true) {
      return { own: 0, peer: 0 };
    }
    const { bursts, fans } = this.sprays;
    return {
      own: Math.min(bursts, hello.fans ?? MAX_BURSTS) - this.#dialled.own,
      peer: Math.min(hello.bursts ?? MAX_BURSTS, fans) - this.#dialled.peer,
    };
  }

  #count({ spray: way }: RoundPlan): void {
    if (way === undefined) {
      return;
    }
    const { match, spray } = this.#options;
    this.#dialled[way === 'burst' ? 'own' : 'peer'] += 1;
    spray?.[way === 'burst' ? 'bursts' : 'fans'].spend(match.peerMapped.address, performance.now());
  }

  /** A NAT that counts has counted on since: the peer must know from where. */
  async #probeAnew(introduction: Signalling): Promise<SentProbe | undefined> {
    const { rendezvous, freshPort } = this.#options;
    if (this.#own.mapping.kind === 'unknown') {
      await this.#learn(introduction);
    }
    if (this.#own.mapping.kind !== 'sequential' || freshPort || rendezvous.failed) {
      return undefined;
    }
    return rendezvous.probing.anew(rendezvous).catch(() => undefined);
  }

  /**
   * The probe may have come too late for the match, or have gone where the server has no probe port. We know what
   * one has shown once the peer is told, too: it has to have greeted us before.
   */
  async #learn(introduction: Signalling): Promise<void> {
    const { match, rendezvous, signal } = this.#options;
    const greeting = await within(introduction.hello, GREETING_TIMEOUT_MS, signal).catch(() => undefined);
    if (greeting === undefined) {
      return;
    }
    const seen = rendezvous.probing.missed ? await this.#observeAnew() : await this.#lateProbe();
    // Another address would mean another mapping: its port says nothing about this one.
    if (seen?.mapped.address !== match.mapped.address || seen.mapped.probePort === undefined) {
      return;
    }
    const { port, probePort } = seen.mapped;
    introduction.tell({ t: 'observed', port, probePort });
    this.#own = sideOf({ port, probePort });
    this.#localPort = seen.local.port;
  }

  async #lateProbe(): Promise<OwnSight | undefined> {
    const { match, rendezvous, signal } = this.#options;
    const { local, probing } = rendezvous;
    const seen = await within(probing.seen, LATE_PROBE_MS, signal).catch(() => undefined);
    return seen && { local, mapped: { ...match.mapped, address: seen.address, probePort: seen.port } };
  }

  /** Once, from a new port: what a counting NAT gave to the vain probe stands between the two that are compared. */
  async #observeAnew(): Promise<OwnSight | undefined> {
    const { rendezvous, signal } = this.#options;
    if (this.#hasObserved) {
      return undefined;
    }
    this.#hasObserved = true;
    const { remote, probing } = rendezvous;
    return observePort({ server: remote, probePort: probing.port, signal });
  }
}
