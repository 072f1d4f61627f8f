/** What a plain socket has to tell, as sentences and as objects for JSON. */
import { formatEndpoint } from '../../network/endpoint.ts';

export interface EndpointText {
  readonly address: string;
  readonly port: number;
}

export interface DialReport {
  readonly outcome: 'connected' | 'refused' | 'unreachable' | 'timeout';
  /** Of a dial that was refused, the message that did it. */
  readonly by: 'rst' | 'icmp' | null;
  /** Our endpoint of a connection. */
  readonly local: EndpointText | null;
  readonly ms: number;
  readonly reason?: string;
}

/** How many ICMP messages on what cannot be reached a host has got, by the counters of its kernel for IPv4 and IPv6. */
export function unreachablesIn(snmp: string, snmp6: string): number {
  const [names = [], values = []] = snmp
    .split('\n')
    .filter((line) => line.startsWith('Icmp:'))
    .map((line) => line.split(' '));
  const ipv4 = Number(values[names.indexOf('InDestUnreachs')] ?? 0);
  const ipv6 = Number(/^Icmp6InDestUnreachs\s+(\d+)/m.exec(snmp6)?.[1] ?? 0);
  return ipv4 + ipv6;
}

/** What became of a dial, in a sentence. */
export function dialSentence(to: EndpointText, { by, local, ms, outcome, reason }: DialReport): string {
  const after = `after ${ms} ms`;
  switch (outcome) {
    case 'connected': {
      const from = local === null ? '' : `${formatEndpoint(local)} to `;
      return `connected: ${from}${formatEndpoint(to)}, ${after}`;
    }
    case 'refused': {
      return `refused ${after}: the answer was ${by === 'icmp' ? 'an ICMP message, "unreachable"' : 'an RST'}`;
    }
    case 'unreachable': {
      return `unreachable ${after}: ${reason ?? 'no route leads there'}`;
    }
    case 'timeout': {
      return `no answer ${after}`;
    }
  }
}

/** The fields of a dial for JSON. */
export function dialFields(
  to: EndpointText,
  { by, local, ms, outcome }: DialReport,
): Readonly<Record<string, unknown>> {
  return {
    state: outcome,
    remote: formatEndpoint(to),
    local: local === null ? null : formatEndpoint(local),
    by,
    ms,
  };
}
