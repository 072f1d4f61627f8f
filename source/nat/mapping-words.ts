import type { Nat, Diagnosis } from './diagnosis.ts';

/** The mapping in the words of RFC 4787 and in plain ones, for the doctor and for a chat that failed. */
export const mappingWords: Record<Diagnosis['mapping'], string> = {
  none: 'none: no NAT, our own address is seen',
  'endpoint-independent': 'endpoint-independent: one port for all destinations',
  'address-dependent': 'address-dependent: another port for each address',
  'address-and-port-dependent': 'address-and-port-dependent: another port for each destination',
  'not address-and-port-dependent': 'endpoint-independent, as far as one address shows',
  'not endpoint-independent': 'another port for each destination, or for each address',
  unknown: 'unknown: it was seen from one place only',
};

/** How the port changes from one destination to the next; undefined if it does not change, or if that is unknown. */
export function sequenceWords({ sequence, step }: Pick<Nat, 'sequence' | 'step'>): string | undefined {
  if (step !== null) {
    return `counted ${step < 0 ? 'down' : 'up'}, ${Math.abs(step)} at a time`;
  }
  return sequence === 'random' ? 'random' : undefined;
}

/** Describes the NATs of two peers in a sentence or two. */
export function natWords(own: Nat, peer: Nat): string {
  const [ours, theirs] = [own, peer].map(mappingText);
  if (own.mapping === 'none' && peer.mapping === 'none') {
    return 'Neither side is behind a NAT.';
  }
  if (ours === theirs) {
    return `The mapping of both NATs is ${ours}.`;
  }
  const here = own.mapping === 'none' ? 'We are not behind a NAT.' : `The mapping of our NAT is ${ours}.`;
  const there =
    peer.mapping === 'none' ? 'The peer is not behind a NAT.' : `The mapping of the peer's NAT is ${theirs}.`;
  return `${here} ${there}`;
}

function mappingText(nat: Nat): string {
  return [mappingWords[nat.mapping], sequenceWords(nat)].filter((part) => part !== undefined).join(', ');
}
