import { performance } from 'node:perf_hooks';
import type { Observation } from '../../nat/mapping.ts';
import { planRound, sideOf, type Bursts, type RoundPlan, type Side } from './plan/punch-plan.ts';
import { MAX_BURSTS } from '../../protocol/peer-limits.ts';
import type { HelloMessage } from '../../protocol/sealed-messages.ts';
import { mayBeSprayed } from './plan/spray-budget.ts';
import type { MeetingContext } from '../meeting-context.ts';
import type { MappedMatch, SentProbe, Visit } from '../place.ts';
import type { Round } from './punch.ts';
import type { Signalling } from './signalling.ts';
import { within } from '../../network/waiting.ts';

/** How long a later round waits for the peer's hello, which may ask for a spray. */
const GREETING_TIMEOUT_MS = 3000;
/** Bounds the ping that measures the round trip to the place anew. Without an answer the last one holds. */
const PING_TIMEOUT_MS = 2000;
export interface RoundsOptions {
  readonly context: MeetingContext;
  readonly visit: Visit;
  readonly match: MappedMatch;
  readonly signal: AbortSignal;
}

/** Plans each round of a punch, from what both sides know of their NATs by then. */
export class Rounds {
  /** How many bursts we may dial in this punch, and how many fans we may open. The peer is told both. */
  readonly sprays: { readonly bursts: number; readonly fans: number };
  readonly #options: RoundsOptions;
  #own: Side;
  #peer: Side;
  /** The port that we dial from, unless a new probe names another. */
  #localPort: number;
  /** How many bursts each side has dialled. */
  readonly #dialled = { own: 0, peer: 0 };
  #first: RoundPlan | undefined;
  readonly #vain = Promise.withResolvers<void>();

  constructor(options: RoundsOptions) {
    const { context, match, visit } = options;
    const { spray } = context;
    const { address } = match.peerMapped;
    // What one STUN server alone has named may be anybody's address, and so may what the peer alone says.
    const isOurs = match.isSealed !== true && (match.isTold !== true || match.mapped.probePort !== undefined);
    this.#options = options;
    this.#own = sideOf(match.mapped);
    this.#peer = sideOf(match.peerMapped);
    this.#localPort = visit.local.port;
    const now = performance.now();
    this.sprays =
      spray !== undefined && isOurs && mayBeSprayed(address, visit.remote?.address)
        ? { bursts: spray.bursts.left(address, now), fans: spray.fans.left(address, now) }
        : { bursts: 0, fans: 0 };
  }

  /** The first round. It is known at once, because its SYN matters most. */
  first(): Round {
    const { context, match } = this.#options;
    this.#first = planRound({
      role: match.role,
      round: 1,
      own: this.#own,
      peer: this.#peer,
      // The peer has not told its numbers yet.
      bursts: { own: this.sprays.bursts, peer: this.sprays.fans },
    });
    return {
      plan: this.#first,
      startInMs: match.startInMs,
      localPort: context.freshPort ? 0 : this.#localPort,
      vain: this.#vain.promise,
    };
  }

  /** The peer is at another address than the place. A second address of the place shows how our NAT maps there. */
  async compareAddresses(signalling: Signalling): Promise<void> {
    const addressPort = await this.#options.visit.portAtSecondAddress?.();
    const { port, probePort, addressPort: known } = this.#own.observation;
    if (addressPort === undefined || probePort === undefined || known !== undefined) {
      return;
    }
    this.#own = sideOf({ port, probePort, addressPort });
    void signalling.tell({ t: 'observed', port, probePort, addressPort });
    this.reconsider(signalling);
  }

  /** More is known of one of the two NATs. The first round ends if it dials the wrong ports. */
  reconsider({ peerObserved, greeting }: Signalling): void {
    const { role } = this.#options.match;
    const observed = peerObserved ?? greeting?.observed;
    const peer = observed === undefined ? this.#peer : sideOf(observed);
    const bursts = this.#burstsLeft(greeting);
    const { strategy, patienceMs } = planRound({ role, round: 1, own: this.#own, peer, bursts });
    if (patienceMs === 0 || strategy !== this.#first?.strategy) {
      this.#vain.resolve();
    }
  }

  /** How the place has seen us, as far as we know by now. */
  get observed(): Observation {
    return this.#own.observation;
  }

  /** We have won a channel to the peer's mapped address. */
  proven(): void {
    const { context, match } = this.#options;
    const { spray } = context;
    spray?.bursts.prove(match.peerMapped.address);
    spray?.fans.prove(match.peerMapped.address);
  }

  /** Round `n` as agreed with the peer, from 2, or from 1 if nothing was known before the hello; undefined if the peer has left, and nobody would play it with us. */
  async next(n: number, signalling: Signalling): Promise<Round | undefined> {
    const { context, match, visit, signal } = this.#options;
    const [hello, probe] = await Promise.all([
      within(signalling.hello, GREETING_TIMEOUT_MS, signal).catch(() => undefined),
      this.#probeAnew(signalling),
      visit.answers(PING_TIMEOUT_MS),
    ]);
    if (hello !== undefined) {
      await this.#tellProbe(probe, signalling);
    }
    const { startInMs, probePort } = await signalling.nextStart(n, probe?.token);
    if (signalling.peerGone === 'left') {
      return undefined;
    }
    const observed = signalling.peerObserved ?? hello?.observed;
    if (observed !== undefined) {
      this.#peer = sideOf(observed);
    }
    const peer =
      probePort === undefined
        ? this.#peer
        : { ...this.#peer, observation: { ...this.#peer.observation, probePort } };
    const bursts = this.#burstsLeft(hello);
    const plan = planRound({ role: match.role, round: n, own: this.#own, peer, bursts });
    // After another round has won, this one is not played.
    if (!signal.aborted) {
      this.#count(plan);
    }
    return {
      plan,
      startInMs,
      localPort: probe?.localPort ?? (context.freshPort ? 0 : this.#localPort),
    };
  }

  /** What both sides have told, less what was dialled since. Both sides get the same numbers. */
  #burstsLeft(hello: HelloMessage | undefined): Bursts {
    const { match } = this.#options;
    // What a mailbox passes on counts for nothing unless the peer says the same in a seal.
    const isTheirs = match.isTold !== true || hello?.observed?.address === match.peerMapped.address;
    if (hello?.spray !== true || !isTheirs) {
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
    const { context, match } = this.#options;
    this.#dialled[way === 'burst' ? 'own' : 'peer'] += 1;
    context.spray?.[way === 'burst' ? 'bursts' : 'fans'].spend(match.peerMapped.address, performance.now());
  }

  /** A NAT that counts has counted on since. A probe tells the peer how far. */
  async #probeAnew(signalling: Signalling): Promise<SentProbe | undefined> {
    const { context, visit } = this.#options;
    if (this.#own.mapping.kind === 'unknown') {
      await this.#learn(signalling);
    }
    return this.#own.mapping.kind === 'sequential' && !context.freshPort ? visit.probeAnew() : undefined;
  }

  /** The place has not seen this probe, so the peer is told in a seal, which arrives before it agrees on the round. */
  async #tellProbe(probe: SentProbe | undefined, signalling: Signalling): Promise<void> {
    const { mapping } = this.#own;
    if (probe?.seenAt !== undefined && mapping.kind === 'sequential') {
      await signalling.tell({ t: 'observed', port: probe.seenAt - mapping.step, probePort: probe.seenAt });
    }
  }

  /**
   * The probe may have come too late for the match, or may have gone to the wrong port. What a later observation
   * shows counts only if the peer is told, too, and the peer must have greeted us before.
   */
  async #learn(signalling: Signalling): Promise<void> {
    const { match, visit, signal } = this.#options;
    const greeting = await within(signalling.hello, GREETING_TIMEOUT_MS, signal).catch(() => undefined);
    if (greeting === undefined) {
      return;
    }
    const seen = await visit.lateObservation(signal);
    // A probe seen at another address has another mapping, whose port says nothing about this one.
    if (seen?.mapped.address !== match.mapped.address || seen.mapped.probePort === undefined) {
      return;
    }
    const { port, probePort } = seen.mapped;
    await signalling.tell({ t: 'observed', port, probePort });
    this.#own = sideOf({ port, probePort });
    this.#localPort = seen.local.port;
  }
}
