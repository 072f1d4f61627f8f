/**
 * How a NAT maps our connections (RFC 4787 section 4.1). We compare the mapped
 * ports of connections from the same local port: to the server's port, to its
 * probe port, and to its second address if it has one.
 */
export type Mapping =
  /** All had the same port. An address-dependent mapping looks the same from one address. */
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
  /** As a second address of the server saw it. It is asked only where the two ports above are the same. */
  readonly addressPort?: number | undefined;
}

/** The port of the last mapping. The peer is at another address, so the second address tells more than the second port. */
function lastPort({ probePort, addressPort }: Observation): number | undefined {
  return addressPort ?? probePort;
}

/**
 * Ports this near to each other count as sequential. A NAT that draws them at
 * random from 64,512 comes so near once in 2,000 times, and then a later round
 * shows it. Some distance leaves room for other connections of the same NAT.
 */
const NEAR_PORTS = 16;
const LOWEST_PORT = 1024;
const HIGHEST_PORT = 65_535;

export function mappingOf(observation: Observation): Mapping {
  const last = lastPort(observation);
  if (last === undefined) {
    return { kind: 'unknown' };
  }
  const step = last - observation.port;
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
export function predictPorts(observation: Observation, step: number): readonly number[] {
  const { port } = observation;
  const next = inRange((lastPort(observation) ?? port) + step);
  return step < 0 ? [inRange(port - step), next] : [next];
}

function inRange(port: number): number {
  if (port > HIGHEST_PORT) {
    return LOWEST_PORT + (port - HIGHEST_PORT - 1);
  }
  return port < LOWEST_PORT ? HIGHEST_PORT - (LOWEST_PORT - port - 1) : port;
}
