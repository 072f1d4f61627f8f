/**
 * From what a rendezvous saw of us, and what came back in, to what our NAT is,
 * in the terms of RFC 4787: mapping (part 4.1), filtering (part 5), port
 * preservation (4.2.1), hairpinning (6). Observations come in as values.
 */
import type { Endpoint, Family } from '../events.ts';
import { mappingOf } from './mapping.ts';

/** What one local port is seen as, from the address and port that it has met first. */
export interface Sight {
  readonly local: Endpoint;
  readonly mapped: Endpoint;
}

/** What became of a dial from outside to a mapped endpoint behind which we listened. */
export type DialBack = 'connected' | 'refused' | 'timeout' | 'unavailable';

/** Of one address family, over one rendezvous. What was not seen is undefined. */
export interface Observations {
  readonly family: Family;
  /** The duration of the TCP handshake with the server. */
  readonly roundTripMs: number;
  readonly first: Sight;
  /** The first local port as the server's probe port saw it. */
  readonly atProbePort?: Endpoint | undefined;
  /** Another local port, which dialled after that probe. */
  readonly second?: Sight | undefined;
  /** The first local port as the server's second address saw it, after all others. */
  readonly atSecondAddress?: Endpoint | undefined;
  /** From another port of the address that we had dialled. */
  readonly fromPort: DialBack;
  /** From an address that the dialled port had never met. */
  readonly fromAddress: DialBack;
  /** Whether a dial from one of our ports to the mapped endpoint of another one arrived. */
  readonly hairpin?: boolean | undefined;
}

/** On what it depends: nothing, the remote address, the remote address and port. */
export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

/** Where only one of two addresses or ports could be used, it is one of the other two. */
export type Dependency =
  | Dependence
  | 'not endpoint-independent'
  | 'not address-and-port-dependent'
  | 'unknown';

export interface Diagnosis {
  readonly family: Family;
  readonly roundTripMs: number;
  readonly local: Endpoint;
  readonly mapped: Endpoint;
  /** `none`: no NAT, we are seen as we are. */
  readonly mapping: Dependency | 'none';
  /** How a mapping that depends on the destination gets its ports; null for others, and where one port alone was seen. */
  readonly sequence: 'step' | 'random' | null;
  /** How far the next port is from the last one. */
  readonly step: number | null;
  /** Whether the mapped port is the local one. */
  readonly portPreservation: boolean;
  readonly filtering: Dependency;
  /** What a SYN meets that is let in to nobody, where one was sent. */
  readonly unsolicited: 'drop' | 'refuse' | 'unknown';
  /**
   * Whether one of our ports reaches another by its mapped endpoint. Null where
   * there is no NAT, and where mapping and filtering let no dial find the other.
   */
  readonly hairpinning: boolean | null;
}

/** What a NAT does, as far as it is known. */
export type Nat = Pick<Diagnosis, 'mapping' | 'sequence' | 'step' | 'filtering'>;

/** What one local port is seen as from a rendezvous, and from its probe port where that was seen. */
export interface SeenTwice extends Endpoint {
  readonly probePort?: number | undefined;
}

/**
 * As much as a chat sees of its own NAT, and is told of the peer's. How either
 * filters, nobody has tried.
 */
export function natOf({ address, port, probePort }: SeenTwice, isTranslated: boolean): Nat {
  if (!isTranslated) {
    return { mapping: 'none', sequence: null, step: null, filtering: 'unknown' };
  }
  const seen: Sightings = {
    first: { mapped: { address, port } },
    atProbePort: probePort === undefined ? undefined : { address, port: probePort },
  };
  return { mapping: mappingVerdict(seen), ...sequenceOf(seen), filtering: 'unknown' };
}

export function diagnosisOf(observations: Observations): Diagnosis {
  const { family, roundTripMs, first, fromPort, fromAddress, hairpin } = observations;
  const mapping = isSame(first.local, first.mapped) ? 'none' : mappingVerdict(observations);
  const isPerDestination =
    mapping === 'address-dependent' ||
    mapping === 'address-and-port-dependent' ||
    mapping === 'not endpoint-independent';
  const filtering = filteringVerdict(fromPort, fromAddress);
  const isFindable = filtering === 'endpoint-independent' || !(isPerDestination || mapping === 'unknown');
  return {
    family,
    roundTripMs,
    ...first,
    mapping,
    ...(isPerDestination ? sequenceOf(observations) : { sequence: null, step: null }),
    portPreservation: first.local.port === first.mapped.port,
    filtering,
    unsolicited: answerOf([fromPort, fromAddress]),
    hairpinning: mapping === 'none' || (hairpin === false && !isFindable) ? null : (hairpin ?? null),
  };
}

/** The mapped endpoints of what was observed. */
interface Sightings extends Pick<Observations, 'atProbePort' | 'atSecondAddress'> {
  readonly first: Pick<Sight, 'mapped'>;
  readonly second?: Pick<Sight, 'mapped'> | undefined;
}

function mappingVerdict({ first, atProbePort, atSecondAddress }: Sightings): Dependency {
  if (atProbePort !== undefined && !isSame(atProbePort, first.mapped)) {
    return 'address-and-port-dependent';
  }
  const sameAtAddress = atSecondAddress === undefined ? undefined : isSame(atSecondAddress, first.mapped);
  // The second address is dialled at its probe port: what differs there may be due to either.
  if (atProbePort === undefined && sameAtAddress === false) {
    return 'not endpoint-independent';
  }
  if (sameAtAddress !== undefined) {
    return sameAtAddress ? 'endpoint-independent' : 'address-dependent';
  }
  return atProbePort === undefined ? 'unknown' : 'not address-and-port-dependent';
}

/** All ports that were given, in the order in which they were: each near the last one, or drawn at random. */
function sequenceOf({ first, atProbePort, second, atSecondAddress }: Sightings): {
  sequence: Diagnosis['sequence'];
  step: number | null;
} {
  const given: Endpoint[] = [];
  for (const one of [first.mapped, atProbePort, second?.mapped, atSecondAddress]) {
    if (one !== undefined && !given.some((known) => isSame(known, one))) {
      given.push(one);
    }
  }
  const steps = given.slice(1).map((one, index) => {
    const last = given[index];
    if (last?.address !== one.address) {
      return undefined;
    }
    const mapping = mappingOf({ port: last.port, probePort: one.port });
    return mapping.kind === 'sequential' ? mapping.step : undefined;
  });
  if (steps.length === 0) {
    return { sequence: null, step: null };
  }
  let shortest = Number.POSITIVE_INFINITY;
  let distance = 0;
  for (const step of steps) {
    if (step === undefined) {
      return { sequence: 'random', step: null };
    }
    // Others behind the same NAT take ports of the sequence, too: the shortest step is the NAT's own.
    shortest = Math.min(shortest, Math.abs(step));
    distance += step;
  }
  // Two SYNs that leave together may change places on the way: the direction is that of all.
  return { sequence: 'step', step: distance < 0 ? -shortest : shortest };
}

function filteringVerdict(fromPort: DialBack, fromAddress: DialBack): Dependency {
  if (fromAddress === 'connected') {
    return 'endpoint-independent';
  }
  if (isKept(fromPort)) {
    return 'address-and-port-dependent';
  }
  if (fromPort === 'connected') {
    return isKept(fromAddress) ? 'address-dependent' : 'not address-and-port-dependent';
  }
  return isKept(fromAddress) ? 'not endpoint-independent' : 'unknown';
}

/** Let in to nobody. */
function isKept(outcome: DialBack): boolean {
  return outcome === 'refused' || outcome === 'timeout';
}

function answerOf(outcomes: readonly DialBack[]): Diagnosis['unsolicited'] {
  if (outcomes.includes('refused')) {
    return 'refuse';
  }
  return outcomes.includes('timeout') ? 'drop' : 'unknown';
}

function isSame(one: Endpoint, other: Endpoint): boolean {
  return one.address === other.address && one.port === other.port;
}
