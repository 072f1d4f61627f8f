import type { Nat, Diagnosis } from './diagnosis.ts';

/** What a client may tell of a NAT: enough to say which pairs connect, and too little to know anybody by. */
export const natKinds = [
  'none',
  'endpoint-independent',
  'address-dependent',
  'counting',
  'random',
  'unknown',
] as const;

export type NatKind = (typeof natKinds)[number];

export function natKindOf({ mapping, sequence }: Nat): NatKind {
  if (sequence === 'step') {
    return 'counting';
  }
  if (sequence === 'random') {
    return 'random';
  }
  switch (mapping) {
    case 'none':
    case 'endpoint-independent':
    case 'address-dependent':
      return mapping;
    case 'not address-and-port-dependent':
      // As far as one address shows; a chat sees no more.
      return 'endpoint-independent';
    case 'address-and-port-dependent':
    case 'not endpoint-independent':
    case 'unknown':
      return 'unknown';
  }
}

/** What a NAT does, in the words of RFC 4787 and in plain ones: the same for the doctor and for a chat that failed. */

export const mappingWords: Record<Diagnosis['mapping'], string> = {
  none: 'none: no NAT, we are seen as we are',
  'endpoint-independent': 'endpoint-independent: one port for all destinations',
  'address-dependent': 'address-dependent: another port for each address',
  'address-and-port-dependent': 'address-and-port-dependent: another port for each destination',
  'not address-and-port-dependent': 'endpoint-independent, as far as one address shows',
  'not endpoint-independent': 'another port for each destination, or for each address',
  unknown: 'unknown: the probe port did not answer',
};

/** How the ports for further destinations follow; undefined where they do not change, or nothing is known of it. */
export function sequenceWords({ sequence, step }: Pick<Nat, 'sequence' | 'step'>): string | undefined {
  if (step !== null) {
    return `counted ${step < 0 ? 'down' : 'up'}, ${Math.abs(step)} at a time`;
  }
  return sequence === 'random' ? 'random' : undefined;
}

/** Two NATs that face each other, in a sentence or two. */
export function natWords(own: Nat, peer: Nat): string {
  const [ours, theirs] = [own, peer].map(sentenceEnd);
  if (own.mapping === 'none' && peer.mapping === 'none') {
    return 'Neither side is behind a NAT.';
  }
  if (ours === theirs) {
    return `The mapping of both NATs is ${ours}.`;
  }
  const here = own.mapping === 'none' ? 'We are behind no NAT.' : `The mapping of our NAT is ${ours}.`;
  const there =
    peer.mapping === 'none' ? 'The peer is behind no NAT.' : `The mapping of the peer's NAT is ${theirs}.`;
  return `${here} ${there}`;
}

function sentenceEnd(nat: Nat): string {
  return [mappingWords[nat.mapping], sequenceWords(nat)].filter((part) => part !== undefined).join(', ');
}
