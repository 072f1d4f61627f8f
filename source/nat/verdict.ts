/** The report of the doctor in one sentence. */
import { addressClass } from '../network/address.ts';
import type { Diagnosis } from './diagnosis.ts';
import { natKindOf } from './nat-kind.ts';
import type { PeerKind, Reach } from './reach.ts';

export interface VerdictInputs {
  readonly ipv4: Diagnosis | undefined;
  readonly ipv6: Diagnosis | undefined;
  readonly reach: readonly Reach[];
}

/** `Your NAT is an ordinary one: direct chats with nearly everyone.` */
export function verdictOf({ ipv4, ipv6, reach }: VerdictInputs): string {
  const seen = ipv4 ?? ipv6;
  if (seen === undefined) {
    return 'Nothing could be found out about this network.';
  }
  const where = addressClass(seen.mapped.address) === 'global' ? '' : ', as far as this local network shows';
  return `${subjectOf(seen)}: ${withWhom(reach)}${where}.`;
}

/** Filterings of which it is known that not everybody gets in. */
const firewalls: ReadonlySet<Diagnosis['filtering']> = new Set([
  'address-dependent',
  'address-and-port-dependent',
  'not endpoint-independent',
]);

function subjectOf(seen: Diagnosis): string {
  if (seen.mapping === 'none') {
    return firewalls.has(seen.filtering) ? 'No NAT, but a firewall' : 'There is no NAT in front of you';
  }
  if (seen.filtering === 'endpoint-independent') {
    return 'Your NAT lets everybody in';
  }
  switch (natKindOf(seen)) {
    case 'none':
    case 'endpoint-independent': {
      return 'Your NAT is an ordinary one';
    }
    case 'address-dependent': {
      return 'Your NAT uses another port for each address';
    }
    case 'counting': {
      return 'Your NAT counts its ports up';
    }
    case 'random': {
      return 'Your NAT uses random ports';
    }
    case 'unknown': {
      return 'What your NAT does could not be seen';
    }
  }
}

/** Kinds of NATs that a peer may have. The others say nothing about its NAT. */
const kinds: ReadonlySet<PeerKind> = new Set(['open', 'ordinary', 'counting', 'random', 'address-dependent']);

function withWhom(reach: readonly Reach[]): string {
  const byNat = reach.filter(({ peer }) => kinds.has(peer));
  const verdicts = new Map((byNat.length === 0 ? reach : byNat).map(({ peer, verdict }) => [peer, verdict]));
  const all = [...verdicts.values()];
  if (byNat.length === 0) {
    return all.every((verdict) => verdict === 'yes' || verdict === 'usually')
      ? 'direct chats with everyone who has IPv6'
      : 'no direct chats over IPv6';
  }
  if (all.every((verdict) => verdict === 'yes')) {
    return 'direct chats with everyone';
  }
  if (all.includes('unknown')) {
    return 'direct chats with those who let everybody in, and perhaps with others';
  }
  if (all.every((verdict) => verdict !== 'no')) {
    return 'direct chats with nearly everyone';
  }
  return verdicts.get('counting') === 'no'
    ? 'direct chats with those who have an ordinary NAT or none, with others over the relay'
    : 'direct chats with most, with the others over the relay';
}
