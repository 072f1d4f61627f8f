/**
 * How a NAT maps our connections (RFC 4787 section 4.1), as far as one address
 * with two ports can show it. We compare the mapped ports of two connections
 * from the same local port: to the server's port, and to its probe port.
 */
export type Mapping =
  /** Both had the same port. An address-dependent mapping looks the same from one address. */
  | { readonly kind: 'endpoint-independent' }
  /** Each destination gets the next port, `step` further on. */
  | { readonly kind: 'sequential'; readonly step: number }
  /** Each destination gets any port. */
  | { readonly kind: 'random' }
  /** The probe was not seen. */
  | { readonly kind: 'unknown' };

export type MappingKind = Mapping['kind'];

/** The mapped ports of one local port, as the server saw them. */
export interface Observation {
  readonly port: number;
  readonly probePort?: number | undefined;
}

/**
 * Ports this near to each other count as sequential. A NAT that draws them at
 * random from 64,512 comes so near once in 2,000 times, and then a later round
 * shows it. Some distance leaves room for other connections of the same NAT.
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
 * The ports that a counting NAT may assign for the next new destination, the
 * likeliest first. A count that leaves the range wraps around. NATs count up; a
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
