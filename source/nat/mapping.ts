/**
 * How a NAT maps our connections (RFC 4787 section 4.1), as far as one address
 * with two ports can show: what it did for the connection to the server's port
 * and for the one to its probe port, both from the same local port.
 */
export type Mapping =
  /** Both had the same port. An address-dependent mapping looks so from one address, too. */
  | { readonly kind: 'endpoint-independent' }
  /** Each destination gets the next port, `step` further on. */
  | { readonly kind: 'sequential'; readonly step: number }
  /** Each destination gets any port. */
  | { readonly kind: 'random' }
  /** The probe was not seen. */
  | { readonly kind: 'unknown' };

export type MappingKind = Mapping['kind'];

/** What the server observed of one local port. */
export interface Observation {
  readonly port: number;
  readonly probePort?: number | undefined;
}

/**
 * Ports this near each other were counted: a NAT that draws them at random from
 * 64,512 comes so near by chance once in 2,000 times, and then a later round
 * tells. A few steps leave room for other connections of the same NAT in between.
 */
const NEAR_PORTS = 16;
const LOWEST_PORT = 1024;
const HIGHEST_PORT = 65_535;

export function mappingOf({ port, probePort }: Observation): Mapping {
  if (probePort === undefined) {
    return { kind: 'unknown' };
  }
  const step = probePort - port;
  if (step === 0) {
    return { kind: 'endpoint-independent' };
  }
  return Math.abs(step) <= NEAR_PORTS ? { kind: 'sequential', step } : { kind: 'random' };
}

/**
 * The ports that a counting NAT may give to the next new destination, the
 * likeliest first; a count that leaves the range begins anew. NATs count up: a
 * step back mostly means that the two SYNs changed places on the way.
 */
export function predictPorts({ port, probePort = port }: Observation, step: number): readonly number[] {
  const next = inRange(probePort + step);
  return step < 0 ? [inRange(port - step), next] : [next];
}

function inRange(port: number): number {
  if (port > HIGHEST_PORT) {
    return LOWEST_PORT + (port - HIGHEST_PORT - 1);
  }
  return port < LOWEST_PORT ? HIGHEST_PORT - (LOWEST_PORT - port - 1) : port;
}
