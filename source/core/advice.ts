/** What would help a machine to reach more peers, or its doctor to say more, in plain words. */
import { addressClass } from './address.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { Reach } from './reach.ts';

export interface AdviceInputs {
  readonly ipv4: Diagnosis | undefined;
  readonly ipv6: Diagnosis | undefined;
  readonly reach: readonly Reach[];
  /** Where the rendezvous was probed at. */
  readonly probePort: number;
}

export function adviceOf({ ipv4, ipv6, reach, probePort }: AdviceInputs): string[] {
  const advice: string[] = [];
  const seen = ipv4 ?? ipv6;
  if (seen === undefined) return advice;
  if (addressClass(seen.mapped.address) !== 'global') {
    advice.push(
      'The rendezvous sees us inside a local network: what lies between it and the internet is not in this. Ask one on the internet.',
    );
  }
  if (seen.mapping === 'unknown') {
    advice.push(
      `Nothing came back from port ${probePort} of the rendezvous, so the mapping is unknown. Let TCP port ${probePort} out, or name the port with --probe-port.`,
    );
  }
  if (seen.mapping === 'not address-and-port-dependent' || isHalfKnown(seen)) {
    advice.push('A rendezvous with a second address (serve --probe-host) would tell this more exactly.');
  }
  if (ipv4 !== undefined && variesByDestination(ipv4)) {
    advice.push(
      'This NAT shows each destination another port ("symmetric NAT"). VPNs and mobile carriers often do; another network, or a setting of the router, may be better.',
    );
  }
  const isShut = reach.some(({ peer, verdict }) => peer !== 'ipv6' && verdict === 'no');
  if (isShut && ipv6?.mapping !== 'none') {
    advice.push('IPv6 on both sides goes around both NATs: switch it on in the router, or ask the provider.');
  }
  return advice;
}

const isHalfKnown = ({ filtering }: Diagnosis): boolean =>
  filtering === 'not address-and-port-dependent' || filtering === 'not endpoint-independent';

const variesByDestination = ({ mapping }: Diagnosis): boolean =>
  mapping === 'address-dependent' ||
  mapping === 'address-and-port-dependent' ||
  mapping === 'not endpoint-independent';
