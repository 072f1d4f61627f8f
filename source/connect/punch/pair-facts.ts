/** What is known of the two sides of a meeting, and what follows for them. */
import type { Endpoint } from '../../events.ts';
import type { PairAdviceInputs } from '../../nat/advice.ts';
import { type Nat, natOf } from '../../nat/diagnosis.ts';
import type { Observation } from '../../nat/mapping.ts';
import { forwardedReach, pairReach, sharedReach, type Answer, type SpraySize } from '../../nat/reach.ts';
import {
  addressClass,
  canonicalAddress,
  destinationOf,
  familyOf,
  withoutZone,
} from '../../network/address.ts';
import { ownAddresses } from '../../network/sockets.ts';
import type { HelloMessage } from '../../protocol/sealed-messages.ts';
import type { Match, Visit } from '../place.ts';
import type { Signalling } from './signalling.ts';

/** What is known of both sides when the last attempt has ended. */
export interface PairFacts extends PairAdviceInputs {
  /** Our dials left from a port that our NAT was not open for. */
  readonly freshPort: boolean;
  /** How much each side dials in a spray, if both were told the same. */
  readonly spraySize: SpraySize;
  /** Whose router maps a port, as far as the other side was told. */
  readonly forwarded: { readonly own: boolean; readonly peer: boolean };
  /**
   * Both are seen at the same address, so they share a NAT. Undefined if they do not. `areHostsTold`: each has told
   * the other of its addresses on local networks.
   */
  readonly sharedNat: { readonly areHostsTold: boolean } | undefined;
  /** Why nothing can be punched: nobody has seen one side from outside, or it has not told where. */
  readonly unseen: string | undefined;
  /** The address that we have dialled from, if this machine no longer has it. */
  readonly lostAddress: string | undefined;
  /** What became of the peer meanwhile; undefined if it stayed. `unheard`: it has sealed nothing to us. */
  readonly peerGone: 'left' | 'silent' | 'unheard' | undefined;
}

/** Whether there is a direct way: through a port that a router maps, or else through two such NATs, or the one NAT. */
export function directReach({
  own,
  peer,
  forwarded,
  sharedNat,
  spraySize,
  unseen,
}: Pick<PairFacts, 'own' | 'peer' | 'forwarded' | 'sharedNat' | 'spraySize' | 'unseen'>): Answer {
  if (unseen !== undefined) {
    return { verdict: 'no', why: unseen };
  }
  const pair = pairReach(own, peer, spraySize);
  const shared =
    sharedNat === undefined || pair.verdict === 'no' ? undefined : sharedReach(sharedNat.areHostsTold);
  return forwardedReach(forwarded) ?? shared ?? pair;
}

/** Why two sides cannot punch of which the rendezvous has not seen one. `mapped` is ours. */
export function sealedWords(mapped: Endpoint | undefined, { remote }: Pick<Visit, 'remote'>): string {
  if (mapped !== undefined) {
    return 'nothing but a proxy leads out of the network of the peer';
  }
  return remote === undefined
    ? 'nothing but the proxy leads out of our network'
    : 'a web server in front of the rendezvous hides from it where we are';
}

/** Why two sides cannot punch that have to tell each other where they are seen. */
export const untold = {
  own: 'no STUN server has told us where we are seen',
  peer: 'no STUN server has told the peer where it is seen',
} as const;

interface PairFactsInputs extends Pick<PairFacts, 'freshPort' | 'spraySize'> {
  readonly forwarded: PairFacts['forwarded'] | undefined;
  readonly visit: Visit;
  readonly match: Match;
  /** What we have told the peer. */
  readonly own: HelloMessage;
  /** How we are seen, as far as the last round knew. */
  readonly observed: Observation | undefined;
  readonly signalling: Signalling;
}

/** What the peer says about itself counts more than what the place says, and a later word more than an earlier one. */
export function pairFacts({
  visit,
  match,
  own,
  observed,
  signalling,
  freshPort,
  spraySize,
  forwarded,
}: PairFactsInputs): PairFacts {
  const { greeting: peer, peerObserved, peerGone } = signalling;
  const { mapped, peerMapped } = match;
  const isShared =
    mapped !== undefined &&
    peerMapped !== undefined &&
    mapped.address !== visit.local.address &&
    destinationOf(mapped.address) === destinationOf(peerMapped.address);
  const isSeenAsItIs = peer?.hosts.some(({ address }) => address === peerMapped?.address) ?? false;
  return {
    own: mapped ? natOf({ ...mapped, ...observed }, mapped.address !== visit.local.address) : unknownNat,
    peer: peerMapped
      ? natOf({ ...peerMapped, ...(peerObserved ?? peer?.observed) }, !isSeenAsItIs)
      : unknownNat,
    probePort: visit.probePort,
    ipv6: { own: hasGlobalIpv6(own), peer: peer !== undefined && hasGlobalIpv6(peer) },
    freshPort,
    spraySize,
    forwarded: forwarded ?? { own: false, peer: false },
    sharedNat: isShared
      ? { areHostsTold: own.hosts.length > 0 && (peer === undefined || peer.hosts.length > 0) }
      : undefined,
    unseen: peer === undefined ? undefined : unseenWhy(match, visit),
    lostAddress: lostAddress(visit.local.address),
    peerGone: peerGone === 'silent' && peer === undefined ? 'unheard' : peerGone,
  };
}

function unseenWhy(match: Match, visit: Pick<Visit, 'remote'>): string | undefined {
  const { mapped, peerMapped, isSealed, isTold } = match;
  // A host and its guest have a connection.
  if ((mapped !== undefined && peerMapped !== undefined) || (isSealed ?? isTold) !== true) {
    return undefined;
  }
  return isSealed === true ? sealedWords(mapped, visit) : untold[mapped === undefined ? 'own' : 'peer'];
}

/** Nothing is known to be lost if the system does not tell which addresses there are. */
function lostAddress(address: string): string | undefined {
  const ours = ownAddresses();
  const isHere = ours.length === 0 || ours.includes(canonicalAddress(withoutZone(address)));
  return isHere || addressClass(address) === 'loopback' ? undefined : address;
}

const unknownNat: Nat = { mapping: 'unknown', sequence: null, step: null, filtering: 'unknown' };

function hasGlobalIpv6({ hosts }: HelloMessage): boolean {
  return hosts.some(({ address }) => familyOf(address) === 6 && addressClass(address) === 'global');
}
