import type { NatKind } from '../events.ts';
import type { Nat } from './diagnosis.ts';

/** A client may tell this much of a NAT: it shows which kinds of pairs connect, and identifies nobody. */
export const natKinds = [
  'none',
  'endpoint-independent',
  'address-dependent',
  'counting',
  'random',
  'unknown',
] as const satisfies readonly NatKind[];

export function natKindOf({ mapping, sequence }: Nat): NatKind {
  if (sequence === 'step') {
    return 'counting';
  }
  if (sequence === 'random' && mapping !== 'address-dependent') {
    return 'random';
  }
  switch (mapping) {
    case 'none':
    case 'endpoint-independent':
    case 'address-dependent':
      return mapping;
    case 'not address-and-port-dependent':
      // One address shows no difference, and a chat sees no other address.
      return 'endpoint-independent';
    case 'address-and-port-dependent':
    case 'not endpoint-independent':
    case 'unknown':
      return 'unknown';
  }
}
