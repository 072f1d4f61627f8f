import type { CandidateKind, Strategy } from '../events.ts';
import type { Mapping, MappingKind, Observation } from './mapping.ts';
import { predictPort } from './mapping.ts';

/** What is known of one side when a round is planned. */
export interface Side {
  readonly mapping: Mapping;
  readonly observation: Observation;
}

/** One round of punching, as one side plays it. Both sides come to matching plans from the same facts. */
export interface RoundPlan {
  readonly strategy: Exclude<Strategy, 'host'>;
  /** Ports of the peer's mapped address, in the order in which they are dialled from our punch port. */
  readonly targets: readonly { readonly kind: CandidateKind; readonly port: number }[];
  /**
   * `burst`: dial random ports of the peer from our one port, many at once.
   * `fan`: dial the peer's mapped endpoint from many ports of our own.
   */
  readonly spray: 'burst' | 'fan' | undefined;
  /** How long silence is borne before the next round; 0: until the next round is agreed on. */
  readonly patienceMs: number;
}

/**
 * The kernel sends its SYN at 0, 1 and 3 s; RFC 5382 REQ-4 has NATs stay silent
 * on an unsolicited SYN for 6 s, so that a later SYN may still be welcome.
 */
const PATIENCE_MS = 3000;
/** Where a spray may follow, silence is borne for a few round trips only: the dials themselves go on. */
const SHORT_PATIENCE_MS = 1000;
/** A spray to a mapping that is known to be random need not wait: nothing else can work. */
const NO_PATIENCE_MS = 0;
/** Either way of spraying may be played twice: a burst finds its hole with 98 %. */
const SPRAY_ROUNDS = new Set([2, 3]);

/** Design 4.7: so many dials on one side and so many sockets on the other meet with 98 %. */
export const burstDials = 1024;
export const fanSockets = 256;

/** How many dials such a round opens at most, redials aside. */
export function dialsOf({ spray, targets }: Pick<RoundPlan, 'spray' | 'targets'>): number {
  if (spray === 'burst') return burstDials;
  return targets.length + (spray === 'fan' ? fanSockets : 0);
}

export interface PlanInputs {
  readonly role: 'a' | 'b';
  /** From 1. */
  readonly round: number;
  readonly own: Side;
  readonly peer: Side;
  /** Whether the peer has asked for a spray in a seal, and its address is one that may be sprayed. */
  readonly sprayAllowed: boolean;
}

export function planRound({ role, round, own, peer, sprayAllowed }: PlanInputs): RoundPlan {
  const predicted = own.mapping.kind === 'sequential' || peer.mapping.kind === 'sequential';
  const plain: RoundPlan = {
    strategy: predicted ? 'predicted' : 'simultaneous',
    targets: targetsOf(peer),
    spray: undefined,
    patienceMs: PATIENCE_MS,
  };
  const way = sprayAllowed ? sprayWay(own.mapping.kind, peer.mapping.kind, role, round) : undefined;
  if (way !== undefined) return { ...plain, strategy: 'spray', spray: way };
  if (round > 1 || !sprayAllowed) return plain;
  const nextWay = sprayWay(own.mapping.kind, peer.mapping.kind, role, round + 1);
  if (nextWay === undefined) return plain;
  const known = own.mapping.kind === 'random' || peer.mapping.kind === 'random';
  return { ...plain, patienceMs: known ? NO_PATIENCE_MS : SHORT_PATIENCE_MS };
}

function targetsOf({ mapping, observation }: Side): RoundPlan['targets'] {
  const mapped = { kind: 'mapped', port: observation.port } as const;
  if (mapping.kind !== 'sequential') return [mapped];
  // The prediction first: our own NAT may count, too, and the peer has predicted our first dial.
  return [{ kind: 'predicted', port: predictPort(observation, mapping.step) }, mapped];
}

/** Which part we play if the round is a spray: the easy side bursts, the hard side fans out. */
function sprayWay(
  own: MappingKind,
  peer: MappingKind,
  role: 'a' | 'b',
  round: number,
): 'burst' | 'fan' | undefined {
  if (!SPRAY_ROUNDS.has(round)) return undefined;
  if (own === 'random') return isEasy(peer) ? 'fan' : undefined;
  if (peer === 'random') return isEasy(own) ? 'burst' : undefined;
  // Neither looks hard, and the plain round failed: one of them may be address-dependent. Try one way, then the other.
  if (!isEasy(own) || !isEasy(peer)) return undefined;
  return (role === 'a') === (round === 2) ? 'burst' : 'fan';
}

const isEasy = (kind: MappingKind): boolean => kind === 'endpoint-independent' || kind === 'unknown';

/** Why no punch can succeed between two such NATs, in plain words; undefined where one can. */
export function impossibility(own: MappingKind, peer: MappingKind): string | undefined {
  if (own === 'random' && peer === 'random') return 'both NATs give each destination another random port';
  if (own === 'random' && peer === 'sequential')
    return "our NAT gives each destination a random port, and the peer's another one, too";
  if (own === 'sequential' && peer === 'random')
    return "the peer's NAT gives each destination a random port, and ours another one, too";
  return undefined;
}
