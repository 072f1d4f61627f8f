import type { Nat } from './diagnosis.ts';

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
  if (sequence === 'step') return 'counting';
  if (sequence === 'random') return 'random';
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
