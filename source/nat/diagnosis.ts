/**
 * Concludes what our NAT does from what a rendezvous saw of us and from which
 * dials came in. The terms are those of RFC 4787: mapping (section 4.1), port
 * preservation (4.2.1), filtering (5), hairpinning (6).
 */
import type { Endpoint, Family } from '../events.ts';
import { mappingOf } from './mapping.ts';

/** A local port, and its mapped endpoint as the first address and port that it has dialled sees it. */
export interface Sight {
  readonly local: Endpoint;
  readonly mapped: Endpoint;
}

/** The outcome of a dial from outside to a mapped endpoint on which we listened. */
export type DialBack = 'connected' | 'refused' | 'timeout' | 'unavailable';

/** Everything seen in one address family with one rendezvous. A field is undefined if it could not be seen. */
export interface Observations {
  readonly family: Family;
  /** The duration of the TCP handshake with the server. */
  readonly roundTripMs: number;
  readonly first: Sight;
  /** The first local port as the server's probe port saw it. */
  readonly atProbePort?: Endpoint | undefined;
  /** Another local port, which dialled the server after that probe. */
  readonly second?: Sight | undefined;
  /** The first local port as the server's second address saw it, after all the others. */
  readonly atSecondAddress?: Endpoint | undefined;
  /** A dial to us from another port of the address that we had dialled. */
  readonly fromPort: DialBack;
  /** A dial to us from an address that our port had never dialled. */
  readonly fromAddress: DialBack;
  /** Whether a dial from one of our ports to the mapped endpoint of another has arrived. */
  readonly hairpin?: boolean | undefined;
}

/** Mapping or filtering depends on nothing, on the remote address, or on the remote address and port. */
export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

/** If only one of two addresses or ports could be tested, `not …` leaves the other two possible. */
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
  /** `none`: no NAT, our own address is seen. */
  readonly mapping: Dependency | 'none';
  /** How a mapping that depends on the destination chooses its ports. Null for others, and if only one port was seen. */
  readonly sequence: 'step' | 'random' | null;
  /** The distance from one port to the next. */
  readonly step: number | null;
  /** Whether the mapped port is the local one. */
  readonly portPreservation: boolean;
  readonly filtering: Dependency;
  /** How the NAT answers a SYN that it lets through to nobody; `unknown` if there was none. */
  readonly unsolicited: 'drop' | 'refuse' | 'unknown';
  /**
   * Whether one of our ports reaches another at its mapped endpoint. Null if there
   * is no NAT, or if mapping and filtering let no such dial arrive in any case.
   */
  readonly hairpinning: boolean | null;
}

/** The behaviour of a NAT, as far as it is known. */
export type Nat = Pick<Diagnosis, 'mapping' | 'sequence' | 'step' | 'filtering'>;

/** The mapped endpoint of a local port at the rendezvous, and its other mapped ports if they were seen. */
export interface SeenAgain extends Endpoint {
  /** At the probe port. */
  readonly probePort?: number | undefined;
  /** At a second address. */
  readonly addressPort?: number | undefined;
}

/**
 * The behaviour of a NAT, as far as a chat sees it of its own or is told of the
 * peer's. A chat does not test how the two filter.
 */
export function natOf({ address, port, probePort, addressPort }: SeenAgain, isTranslated: boolean): Nat {
  if (!isTranslated) {
    return { mapping: 'none', sequence: null, step: null, filtering: 'unknown' };
  }
  const seen: Sightings = {
    first: { mapped: { address, port } },
    atProbePort: probePort === undefined ? undefined : { address, port: probePort },
    atSecondAddress: addressPort === undefined ? undefined : { address, port: addressPort },
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

/** The mapped endpoints that were observed. */
interface Sightings extends Pick<Observations, 'atProbePort' | 'atSecondAddress'> {
  readonly first: Pick<Sight, 'mapped'>;
  readonly second?: Pick<Sight, 'mapped'> | undefined;
}

function mappingVerdict({ first, atProbePort, atSecondAddress }: Sightings): Dependency {
  if (atProbePort !== undefined && !isSame(atProbePort, first.mapped)) {
    return 'address-and-port-dependent';
  }
  const sameAtAddress = atSecondAddress === undefined ? undefined : isSame(atSecondAddress, first.mapped);
  // The second address is dialled at its probe port, so the address or the port may cause a difference.
  if (atProbePort === undefined && sameAtAddress === false) {
    return 'not endpoint-independent';
  }
  if (sameAtAddress !== undefined) {
    return sameAtAddress ? 'endpoint-independent' : 'address-dependent';
  }
  return atProbePort === undefined ? 'unknown' : 'not address-and-port-dependent';
}

/** Looks at all ports in the order in which the NAT assigned them: each is near the last one, or they are random. */
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
    // Others behind the same NAT use up ports of the sequence, so the shortest step is the NAT's own.
    shortest = Math.min(shortest, Math.abs(step));
    distance += step;
  }
  // Two SYNs that leave together may change places on the way, so the direction is that of all steps together.
  return { sequence: 'step', step: distance < 0 ? -shortest : shortest };
}

function filteringVerdict(fromPort: DialBack, fromAddress: DialBack): Dependency {
  if (fromAddress === 'connected') {
    return 'endpoint-independent';
  }
  if (isFiltered(fromPort)) {
    return 'address-and-port-dependent';
  }
  if (fromPort === 'connected') {
    return isFiltered(fromAddress) ? 'address-dependent' : 'not address-and-port-dependent';
  }
  return isFiltered(fromAddress) ? 'not endpoint-independent' : 'unknown';
}

/** Whether the NAT let the dial through to nobody. */
function isFiltered(outcome: DialBack): boolean {
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
