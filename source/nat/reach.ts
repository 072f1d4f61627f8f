/**
 * With whom a machine can chat directly: its row of the matrix of NATs, in
 * plain words. What a peer's NAT does is not known here, so it is taken to let
 * in nobody but the endpoint that was dialled, as most do.
 */
import type { Diagnosis, Nat } from './diagnosis.ts';

/**
 * Peers by what is seen of them: `open` ones let everybody in (no NAT, or one
 * that does not filter), `ordinary` ones have one port for all destinations;
 * `counting` and `random` ones another port for each destination, and
 * `address-dependent` ones for each address.
 */
export type PeerKind =
  | 'open'
  | 'ordinary'
  | 'counting'
  | 'random'
  | 'address-dependent'
  | 'same-network'
  | 'ipv6';

export interface Reach {
  readonly peer: PeerKind;
  readonly verdict: 'yes' | 'usually' | 'no' | 'unknown';
  /** A few plain words. */
  readonly why: string;
}

export type Answer = Omit<Reach, 'peer'>;

/** The kinds that a NAT between us makes a difference to. */
type Guarded = 'ordinary' | 'counting' | 'random' | 'address-dependent';
type Row = Readonly<Record<Guarded, Answer>>;

/** What our own mapping is to a peer that has to find our port. */
type OwnKind = 'constant' | 'counting' | 'scattered' | 'unknown';

const guarded: readonly Guarded[] = ['ordinary', 'counting', 'random', 'address-dependent'];

function alike(answer: Answer): Row {
  return {
    ordinary: answer,
    counting: answer,
    random: answer,
    'address-dependent': answer,
  };
}

/** Design 4.7: 1,024 dials against 256 sockets meet with 98 %. */
function spray(whose: string): Answer {
  return {
    verdict: 'usually',
    why: `a burst of 1,024 dials finds ${whose} port, nearly always, within a few seconds`,
  };
}
function hopeless(why: string): Answer {
  return { verdict: 'no', why };
}
const foretold = 'it dials the port that our NAT gives next, and we let in its address';
const lost = 'its port cannot be guessed, and each guess would change ours';

/** Our NAT lets in nobody but the very endpoint that we have dialled. */
const strict: Readonly<Record<OwnKind, Row>> = {
  constant: {
    ordinary: { verdict: 'yes', why: 'both dial at the same moment' },
    counting: { verdict: 'yes', why: 'we dial the port that its NAT gives next' },
    random: spray('its'),
    'address-dependent': spray('its'),
  },
  counting: {
    ordinary: { verdict: 'yes', why: 'it dials the port that our NAT gives next' },
    counting: { verdict: 'yes', why: 'each dials the port that the other NAT gives next' },
    random: hopeless(lost),
    'address-dependent': hopeless(lost),
  },
  scattered: {
    ordinary: spray('our'),
    counting: hopeless('our port cannot be guessed, and each guess would change its own'),
    random: hopeless('neither port can be guessed'),
    'address-dependent': hopeless('neither port can be guessed'),
  },
  unknown: alike({ verdict: 'unknown', why: 'it depends on how our NAT maps' }),
};

/**
 * Our NAT lets in an address that we have dialled, from any of its ports: only
 * our own port is to be found, whatever the peer's NAT does. Measured: 3 of 3
 * for each pair of these with a strict peer.
 */
const lenient: Readonly<Record<OwnKind, Row>> = {
  constant: alike({ verdict: 'yes', why: 'we let in its address, whatever its port' }),
  counting: {
    ...strict.counting,
    random: { verdict: 'yes', why: foretold },
    'address-dependent': { verdict: 'yes', why: foretold },
  },
  scattered: alike(spray('our')),
  unknown: strict.unknown,
};

const open = alike({ verdict: 'yes', why: 'our NAT lets in whoever dials' });
const unobstructed = alike({ verdict: 'yes', why: 'there is nothing in its way' });

/** `ipv4` and `ipv6`: what was found, undefined where it could not be tested. */
export function reachOf(
  ipv4: Diagnosis | undefined,
  ipv6: Diagnosis | undefined,
  hasIpv6Address: boolean,
): Reach[] {
  return [
    ...(ipv4 === undefined ? [] : throughNats(ipv4)),
    { peer: 'ipv6', ...overIpv6(ipv6, hasIpv6Address) },
  ];
}

/** Whether two NATs let their hosts meet, seen from our side: one field of the matrix. */
export function pairReach(own: Nat, peer: Nat): Answer {
  const kinds = kindsOf(peer);
  const [likely, ...others] = rowsOf(own).flatMap((row) => kinds.map((kind) => row[kind]));
  if (likely === undefined) {
    return { verdict: 'unknown', why: "it depends on how the peer's NAT maps" };
  }
  return doubted(likely, others);
}

/** What a peer may be, the likeliest first; empty where it may be anything. */
function kindsOf({ mapping, sequence }: Nat): Guarded[] {
  switch (mapping) {
    case 'none':
    case 'endpoint-independent':
      return ['ordinary'];
    case 'not address-and-port-dependent':
      return ['ordinary', 'address-dependent'];
    case 'address-and-port-dependent':
      return [sequence === 'step' ? 'counting' : 'random'];
    case 'address-dependent':
    case 'not endpoint-independent':
      return ['address-dependent'];
    case 'unknown':
      return [];
  }
}

function throughNats(diagnosis: Diagnosis): Reach[] {
  const [likely, ...others] = rowsOf(diagnosis);
  function answer(peer: Guarded): Answer {
    return doubted(
      likely[peer],
      others.map((row) => row[peer]),
    );
  }
  return [
    { peer: 'open', verdict: 'yes', why: 'we dial it' },
    ...guarded.map((peer) => Object.assign({ peer }, answer(peer))),
    ...(diagnosis.mapping === 'none' ? [] : [{ peer: 'same-network' as const, ...nextDoor(diagnosis) }]),
  ];
}

/** What our NAT may be, the likeliest first. */
function rowsOf({ mapping, sequence, filtering }: Nat): [Row, ...Row[]] {
  if (filtering === 'endpoint-independent') {
    return [mapping === 'none' ? unobstructed : open];
  }
  // Where one address alone could be used, the worse of what it may be.
  const rows =
    filtering === 'address-dependent' || filtering === 'not address-and-port-dependent' ? lenient : strict;
  switch (mapping) {
    case 'none':
    case 'endpoint-independent':
      return [rows.constant];
    case 'not address-and-port-dependent':
      return [rows.constant, rows.scattered];
    case 'address-and-port-dependent':
      return [sequence === 'step' ? rows.counting : rows.scattered];
    case 'address-dependent':
    case 'not endpoint-independent':
      return [rows.scattered];
    case 'unknown':
      return [rows.unknown];
  }
}

/** Address-dependent mappings are rare: what they would make impossible, is only likely. */
function doubted(likely: Answer, unlikely: readonly Answer[]): Answer {
  return unlikely.some(({ verdict }) => verdict === 'no') ? { ...likely, verdict: 'usually' } : likely;
}

function nextDoor({ hairpinning }: Diagnosis): Answer {
  return hairpinning === true
    ? { verdict: 'yes', why: 'on the local network, or by the way out and in again' }
    : { verdict: 'usually', why: "on the local network; not where only a carrier's NAT is shared" };
}

function overIpv6(ipv6: Diagnosis | undefined, hasAddress: boolean): Answer {
  if (ipv6 === undefined) {
    return hasAddress
      ? { verdict: 'unknown', why: 'this machine has IPv6; this rendezvous could not test it' }
      : { verdict: 'no', why: 'this machine has no global IPv6 address' };
  }
  if (ipv6.mapping !== 'none') {
    return { verdict: 'usually', why: 'our IPv6 is translated, too' };
  }
  return ipv6.filtering === 'endpoint-independent'
    ? { verdict: 'yes', why: 'no firewall is in its way' }
    : { verdict: 'yes', why: 'no NAT, and both dial at the same moment to open both firewalls' };
}
