import { addressClass, familyOf } from '../network/address.ts';
import type { PairAdviceInputs } from '../nat/advice.ts';
import { natOf } from '../nat/diagnosis.ts';
import type { Observation } from '../nat/mapping.ts';
import type { HelloMessage } from '../protocol/sealed-messages.ts';
import type { Introduction, Match } from '../connect/rendezvous/signalling.ts';
import type { Rendezvous } from '../connect/rendezvous/rendezvous.ts';

/** What is known of both sides when the last attempt has ended. */
export interface PairFacts extends PairAdviceInputs {
  /** Our dials left from a port that no NAT was open for. */
  readonly freshPort: boolean;
  /** What became of the peer meanwhile; undefined where it stayed. */
  readonly peerGone: 'left' | 'silent' | undefined;
}

export interface PairFactsInputs extends Pick<PairFacts, 'freshPort'> {
  readonly rendezvous: Rendezvous;
  readonly match: Match;
  /** What we have told the peer in a seal. */
  readonly own: HelloMessage;
  /** How the rendezvous has seen us, as far as the last round knew. */
  readonly observed: Observation;
  readonly introduction: Introduction;
}

/** The peer's own word of how it looks goes before the server's, and the later one before the earlier. */
export function pairFacts({
  rendezvous,
  match,
  own,
  observed,
  introduction,
  freshPort,
}: PairFactsInputs): PairFacts {
  const { greeting: peer, peerObserved, peerGone } = introduction;
  const { mapped, peerMapped } = match;
  const isSeenAsItIs = peer?.hosts.some(({ address }) => address === peerMapped.address) ?? false;
  return {
    own: natOf({ ...mapped, ...observed }, mapped.address !== rendezvous.local.address),
    peer: natOf({ ...peerMapped, ...(peerObserved ?? peer?.observed) }, !isSeenAsItIs),
    probePort: rendezvous.probing.port,
    ipv6: { own: hasGlobalIpv6(own), peer: peer !== undefined && hasGlobalIpv6(peer) },
    freshPort,
    peerGone,
  };
}

const hasGlobalIpv6 = ({ hosts }: HelloMessage): boolean =>
  hosts.some(({ address }) => familyOf(address) === 6 && addressClass(address) === 'global');
