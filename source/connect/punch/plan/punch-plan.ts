import type { CandidateKind, Role, Strategy } from '../../../events.ts';
import type { Mapping, Observation } from '../../../nat/mapping.ts';
import { mappingOf, predictPorts } from '../../../nat/mapping.ts';
import type { SpraySize } from './spray-budget.ts';

/** What is known of one side when a round is planned. */
export interface Side {
  readonly mapping: Mapping;
  readonly observation: Observation;
}

/** Makes a side of what the place has seen of it. */
export function sideOf({ port, probePort, addressPort }: Observation): Side {
  const observation = { port, probePort, addressPort };
  return { mapping: mappingOf(observation), observation };
}

/** One round of punching, as one side plays it. From the same facts both sides get plans that match. */
export interface RoundPlan {
  readonly strategy: Exclude<Strategy, 'host' | 'forwarded'>;
  /** Ports of the peer's mapped address, in the order in which we dial them from our punch port. */
  readonly targets: readonly { readonly kind: CandidateKind; readonly port: number }[];
  /**
   * `burst` dials random ports of the peer from our one port, many at once.
   * `fan` dials the peer's mapped endpoint from many ports of our own.
   */
  readonly spray: 'burst' | 'fan' | undefined;
  /** How long we wait for an answer before the next round; 0 means until the next round is agreed on. */
  readonly patienceMs: number;
}

/**
 * The kernel sends its SYN at 0, 1 and 3 s. A NAT stays silent on an unsolicited
 * SYN for 6 s (RFC 5382 REQ-4), so a later SYN may still be let in.
 */
const PATIENCE_MS = 3000;
/** If a spray may follow, we wait for a few round trips only. The dials themselves go on. */
const SHORT_PATIENCE_MS = 1000;
/** Before a spray to a mapping that is known to be random we do not wait, because nothing else can work. */
const NO_PATIENCE_MS = 0;

/** How many dials such a round opens at most, without those after refusals. */
export function dialsOf({ spray, targets }: Pick<RoundPlan, 'spray' | 'targets'>, size: SpraySize): number {
  if (spray === 'burst') {
    return Math.max(size.dials, targets.length);
  }
  return targets.length + (spray === 'fan' ? size.sockets : 0);
}

/** A plain round comes first. Then each side has two bursts at most (design 3.5). */
const FIRST_SPRAY = 2;
const LAST_SPRAY = 5;

export interface PlanInputs {
  readonly role: Role;
  /** From 1. */
  readonly round: number;
  readonly own: Side;
  readonly peer: Side;
  readonly bursts: Bursts;
}

/** How many bursts each side may still dial, as both have told each other in seals. */
export interface Bursts {
  readonly own: number;
  readonly peer: number;
}

export function planRound({ role, round, own, peer, bursts }: PlanInputs): RoundPlan {
  const predicted = own.mapping.kind === 'sequential' || peer.mapping.kind === 'sequential';
  const plain: RoundPlan = {
    strategy: predicted ? 'predicted' : 'simultaneous',
    targets: targetsOf(peer),
    spray: undefined,
    patienceMs: PATIENCE_MS,
  };
  const sides = { own, peer };
  const way = withinBursts(sprayWay(sides, role, round), bursts);
  const followed = withinBursts(sprayWay(sides, role, round + 1), burstsAfter(way, bursts)) !== undefined;
  const patienceMs = followed ? SHORT_PATIENCE_MS : PATIENCE_MS;
  if (way !== undefined) {
    return { ...plain, strategy: 'spray', spray: way, patienceMs };
  }
  const isVain = round === 1 && followed && needsSpray(sides);
  return { ...plain, patienceMs: isVain ? NO_PATIENCE_MS : patienceMs };
}

/** How many bursts are left after a round in which we play this part. */
function burstsAfter(spray: RoundPlan['spray'], { own, peer }: Bursts): Bursts {
  if (spray === undefined) {
    return { own, peer };
  }
  return spray === 'burst' ? { own: own - 1, peer } : { own, peer: peer - 1 };
}

function withinBursts(way: RoundPlan['spray'], { own, peer }: Bursts): RoundPlan['spray'] {
  return (way === 'burst' ? own : peer) > 0 ? way : undefined;
}

function targetsOf({ mapping, observation }: Side): RoundPlan['targets'] {
  const mapped = { kind: 'mapped', port: observation.port } as const;
  if (mapping.kind !== 'sequential') {
    return [mapped];
  }
  // The prediction goes first: our own NAT may count, too, and the peer has predicted the port of our first dial.
  const predicted = predictPorts(observation, mapping.step).map((port) => ({
    kind: 'predicted' as const,
    port,
  }));
  return [...predicted, mapped];
}

interface Sides {
  readonly own: Side;
  readonly peer: Side;
}

/**
 * Which part we play if the round is a spray. The side whose ports cannot be
 * known fans out, so that the other's burst may hit one of them. Such a side has
 * a random mapping. After a plain round that failed it may also be one that looks
 * endpoint-independent from one address and may be address-dependent. A burst hits with 98 %, so it
 * is played twice. Then the parts are swapped, for an address-dependent mapping
 * with a filter that lets the random one in. If both sides are alike, they swap
 * parts in each round. No side bursts more than twice.
 */
function sprayWay({ own, peer }: Sides, role: Role, round: number): 'burst' | 'fan' | undefined {
  const [ours, theirs] = [uncertainty(own), uncertainty(peer)];
  if (ours === theirs) {
    if (ours === 0 || round < FIRST_SPRAY || round > LAST_SPRAY) {
      return undefined;
    }
    return (role === 'a') === (round % 2 === 0) ? 'burst' : 'fan';
  }
  if (round === 2 || round === 3) {
    return ours > theirs ? 'fan' : 'burst';
  }
  const turned = round > 3 && round <= LAST_SPRAY && needsSpray({ own, peer });
  return turned ? (ours > theirs ? 'burst' : 'fan') : undefined;
}

/** How uncertain the port of the next mapping is. A NAT that counts makes it certain, and so does a second address. */
function uncertainty({ mapping, observation }: Side): 0 | 1 | 2 {
  switch (mapping.kind) {
    case 'sequential':
      return 0;
    case 'endpoint-independent':
      return observation.addressPort === undefined ? 1 : 0;
    case 'random':
      return 2;
    case 'unknown':
      return 1;
  }
}

/** If the ports of one side are random and those of the other known, a plain round cannot succeed. */
function needsSpray({ own, peer }: Sides): boolean {
  return (own.mapping.kind === 'random') !== (peer.mapping.kind === 'random');
}
