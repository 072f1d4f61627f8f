/** Advice in plain words: how a machine could reach more peers, or how its doctor could find out more. */
import { addressClass } from '../network/address.ts';
import type { Diagnosis, Nat } from './diagnosis.ts';
import type { ContainerNetwork } from './doctor-report.ts';
import type { Reach } from './reach.ts';

export interface AdviceInputs {
  readonly ipv4: Diagnosis | undefined;
  readonly ipv6: Diagnosis | undefined;
  readonly reach: readonly Reach[];
  /** The port of the rendezvous at which the probes were sent. Undefined if STUN servers were asked instead. */
  readonly probePort: number | undefined;
  readonly container?: ContainerNetwork | undefined;
}

export function adviceOf({ ipv4, ipv6, reach, probePort, container }: AdviceInputs): string[] {
  const advice: string[] = [];
  const seen = ipv4 ?? ipv6;
  if (seen === undefined) {
    return advice;
  }
  if (addressClass(seen.mapped.address) !== 'global') {
    advice.push(inOwnNetwork(probePort === undefined ? 'STUN server' : 'rendezvous'));
  }
  if (seen.mapping === 'unknown') {
    advice.push(probePort === undefined ? askSecondStun : letProbesOut(probePort));
  }
  if (seen.mapping === 'not address-and-port-dependent' || isHalfKnown(seen)) {
    advice.push(probePort === undefined ? askStunElsewhere : askSecondAddress);
  }
  if (probePort === undefined) {
    advice.push(askRendezvous);
  }
  if (container !== undefined) {
    advice.push(`${containerNames[container]} ${leaveContainer}`);
  } else if (ipv4 !== undefined && variesByDestination(ipv4)) {
    advice.push(symmetric('This NAT uses'));
  }
  const isLimited = reach.some(({ peer, verdict }) => peer !== 'ipv6' && verdict === 'no');
  if (isLimited && ipv6?.mapping !== 'none') {
    advice.push(useIpv6);
  }
  return advice;
}

export interface PairAdviceInputs {
  readonly own: Nat;
  readonly peer: Nat;
  /** 0 if no rendezvous has seen the two, but STUN servers. */
  readonly probePort: number;
  /** Whether each side has told the other of a global IPv6 address. */
  readonly ipv6: { readonly own: boolean; readonly peer: boolean };
}

/** Advice for two peers whose NATs let no connection through. */
export function pairAdviceOf({ own, peer, probePort, ipv6 }: PairAdviceInputs): string[] {
  const advice: string[] = [];
  if (own.mapping === 'unknown') {
    advice.push(probePort === 0 ? nameStunServers('us') : letProbesOut(probePort));
  }
  if (peer.mapping === 'unknown') {
    advice.push(
      probePort === 0
        ? nameStunServers('the peer')
        : `The rendezvous saw no probe of the peer, so its mapping is unknown. Let TCP port ${probePort} out there.`,
    );
  }
  const [weVary, itVaries] = [variesByDestination(own), variesByDestination(peer)];
  if (weVary && itVaries) {
    advice.push(`${symmetric('Both NATs use')} One side is enough.`);
  } else if (weVary) {
    advice.push(symmetric('This NAT uses'));
  } else if (itVaries) {
    advice.push(symmetric("The peer's NAT uses"));
  }
  if (ipv6.own && ipv6.peer) {
    advice.push('Let IPv6 through the firewall: it was tried, too, and nothing came through.');
  } else {
    const known = ipv6.own === ipv6.peer ? '' : ` ${ipv6.own ? 'This machine' : 'The peer'} has it already.`;
    advice.push(`${useIpv6}${known}`);
  }
  return advice;
}

function letProbesOut(port: number): string {
  return `Nothing came back from port ${port} of the rendezvous, so the mapping is unknown. Let TCP port ${port} out, or name the port with --probe-port.`;
}

function inOwnNetwork(server: string): string {
  return `This ${server} is in your own network, so nothing beyond that was tested. Ask one on the internet.`;
}

const askSecondStun =
  'Only one STUN server has said where it sees us, so the mapping is unknown. Name another with --stun HOST[:PORT].';

const askStunElsewhere = 'A STUN server at another address, named with --stun, would show this more exactly.';

const askRendezvous =
  'What the NAT lets in cannot be seen by STUN. A rendezvous (--server) dials back and shows it.';

function nameStunServers(whom: string): string {
  return `Fewer than two STUN servers have told where they see ${whom}, so the mapping is unknown. Name two that answer over TCP with --stun.`;
}

const askSecondAddress =
  'A rendezvous with a second address (serve --probe-host) would show this more exactly.';

function symmetric(natUses: string): string {
  return `${natUses} another port for each destination ("symmetric NAT"). VPNs and mobile carriers often do this; another network, or a setting of the router, may be better.`;
}

const containerNames: Record<ContainerNetwork, string> = {
  slirp: 'This is a container or a virtual machine behind slirp (slirp4netns, QEMU, VirtualBox),',
  passt: "This is a container or a virtual machine behind passt (Podman's pasta),",
};

const leaveContainer =
  'which ends each connection and opens its own, from another port. Use the network of the machine instead: --network host for Podman and Docker, a bridge for a virtual machine. Or publish a port, and meet here: -p 4711:4711 for the container, --here=4711 for the chat.';

const useIpv6 = 'IPv6 on both sides goes around both NATs: switch it on in the router, or ask the provider.';

function isHalfKnown({ filtering }: Diagnosis): boolean {
  return filtering === 'not address-and-port-dependent' || filtering === 'not endpoint-independent';
}

function variesByDestination({ mapping }: Nat): boolean {
  return (
    mapping === 'address-dependent' ||
    mapping === 'address-and-port-dependent' ||
    mapping === 'not endpoint-independent'
  );
}
