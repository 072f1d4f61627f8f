/**
 * Which peers a machine can chat with directly: its row of the matrix of NATs,
 * in plain words. We do not know how a peer's NAT filters, so we assume that it
 * lets in only the endpoint that it has dialled, as most NATs do.
 */
import type { Diagnosis, Nat } from './diagnosis.ts';

/**
 * Peers by the NAT in front of them. An `open` one lets everybody in (no NAT, or
 * one that does not filter). An `ordinary` one has one port for all destinations,
 * `counting` and `random` ones have another port for each destination, and an
 * `address-dependent` one has another port for each address.
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

/** The kinds of peers behind a NAT that filters: whether we reach them depends on our own NAT, too. */
type FilteredPeer = 'ordinary' | 'counting' | 'random' | 'address-dependent';
type Row = Readonly<Record<FilteredPeer, RowAnswer>>;
/** Whose port has to be found by a spray, if it takes one. */
type RowAnswer = Answer & { readonly sprayed?: string };

/** The dials of one side and the sockets of the other in a spray. */
export interface SpraySize {
  readonly dials: number;
  readonly sockets: number;
}
/** Design 4.7: they meet with 98 %. */
const wholeSpray: SpraySize = { dials: 1024, sockets: 256 };

/** Our own mapping, by how a peer can find our port. */
type OwnKind = 'constant' | 'counting' | 'scattered' | 'unknown';

const filteredPeers: readonly FilteredPeer[] = ['ordinary', 'counting', 'random', 'address-dependent'];

function alike(answer: RowAnswer): Row {
  return {
    ordinary: answer,
    counting: answer,
    random: answer,
    'address-dependent': answer,
  };
}

function spray(whose: string): RowAnswer {
  return {
    sprayed: whose,
    verdict: 'usually',
    why: `a burst of 1,024 dials finds ${whose} port, nearly always, within a few seconds`,
  };
}
function hopeless(why: string): Answer {
  return { verdict: 'no', why };
}
const predictsOurs = 'it dials the port that our NAT gives next, and we let in its address';
const hidesItsPort = 'its port cannot be guessed, and each guess would change ours';

/** Our NAT lets in only the endpoint that we have dialled. */
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
    random: hopeless(hidesItsPort),
    'address-dependent': hopeless(hidesItsPort),
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
 * Our NAT lets in an address that we have dialled, from any of its ports. So the
 * peer only has to find our port, whatever its own NAT does. Measured: 3 of 3
 * for each pair of these with a strict peer.
 */
const lenient: Readonly<Record<OwnKind, Row>> = {
  constant: alike({ verdict: 'yes', why: 'we let in its address, whatever its port' }),
  counting: {
    ...strict.counting,
    random: { verdict: 'yes', why: predictsOurs },
    'address-dependent': { verdict: 'yes', why: predictsOurs },
  },
  scattered: alike(spray('our')),
  unknown: strict.unknown,
};

const open = alike({ verdict: 'yes', why: 'our NAT lets in anybody who dials' });
const unobstructed = alike({ verdict: 'yes', why: 'there is nothing in its way' });

/** `ipv4` or `ipv6` is undefined if that family could not be tested. */
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

/** A port that our router maps lets in the peers that nothing else would. A chat asks for it where it needs one. */
export function withMappedPort(reach: readonly Reach[], isMapped: boolean): readonly Reach[] {
  return reach.map((one) =>
    isMapped && one.verdict === 'no' && one.peer !== 'ipv6'
      ? { ...one, verdict: 'yes', why: 'it dials the port that our router maps for us' }
      : one,
  );
}

/**
 * Whether two NATs let their hosts connect, seen from our side: one field of the matrix. A spray that somebody has made
 * smaller may find nothing.
 */
export function pairReach(own: Nat, peer: Nat, { dials, sockets } = wholeSpray): Answer {
  const kinds = kindsOf(peer);
  const [likely, ...others] = rowsOf(own).flatMap((row) => kinds.map((kind) => row[kind]));
  if (likely === undefined) {
    return { verdict: 'unknown', why: "it depends on how the peer's NAT maps" };
  }
  if (likely.sprayed !== undefined && dials * sockets < wholeSpray.dials * wholeSpray.sockets) {
    return {
      verdict: 'unknown',
      why: `a spray of ${dials} dials against ${sockets} sockets may miss ${likely.sprayed} port`,
    };
  }
  return doubted(likely, others);
}

/** What a port means that a router maps: whatever the NATs do, the side behind it can be dialled. Undefined if there is none. */
export function forwardedReach({
  own,
  peer,
}: {
  readonly own: boolean;
  readonly peer: boolean;
}): Answer | undefined {
  if (!own && !peer) {
    return undefined;
  }
  return {
    verdict: 'yes',
    why: own ? 'our router maps a port to us' : "the peer's router maps a port to it",
  };
}

const onLocalNetwork: Answer = {
  verdict: 'usually',
  why: "on the local network, unless the two share only a carrier's NAT",
};

/**
 * Between two that are seen at one address. They share a NAT, to which each other's mapped endpoint belongs.
 * `areHostsTold`: both have told their addresses on local networks.
 */
export function sharedReach(areHostsTold: boolean): Answer {
  return areHostsTold
    ? onLocalNetwork
    : {
        verdict: 'unknown',
        why: 'both are behind one NAT, which may not lead back what is sent to its own address',
      };
}

/** The kinds that a peer may be, the likeliest first; empty if it may be any. */
function kindsOf({ mapping, sequence }: Nat): FilteredPeer[] {
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
  function answer(peer: FilteredPeer): Answer {
    return doubted(
      likely[peer],
      others.map((row) => row[peer]),
    );
  }
  return [
    { peer: 'open', verdict: 'yes', why: 'we dial it' },
    ...filteredPeers.map((peer) => Object.assign({ peer }, answer(peer))),
    ...(diagnosis.mapping === 'none' ? [] : [{ peer: 'same-network' as const, ...sameNetwork(diagnosis) }]),
  ];
}

/** The rows that our NAT may have, the likeliest first. */
function rowsOf({ mapping, sequence, filtering }: Nat): [Row, ...Row[]] {
  if (filtering === 'endpoint-independent') {
    return [mapping === 'none' ? unobstructed : open];
  }
  // If only one address could be tested, we assume the worse of the two possible filterings.
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
      return [rows.scattered];
    case 'not endpoint-independent':
      // Whichever of the two it depends on, a peer is another address, and gets the next port.
      return [sequence === 'step' ? rows.counting : rows.scattered];
    case 'unknown':
      return [rows.unknown];
  }
}

/** Address-dependent mappings are rare. If only such a mapping makes a connection impossible, it `usually` works. */
function doubted({ verdict, why }: RowAnswer, unlikely: readonly Answer[]): Answer {
  return { verdict: unlikely.some((one) => one.verdict === 'no') ? 'usually' : verdict, why };
}

function sameNetwork({ hairpinning }: Diagnosis): Answer {
  return hairpinning === true
    ? { verdict: 'yes', why: 'on the local network, or through the NAT and back in' }
    : onLocalNetwork;
}

function overIpv6(ipv6: Diagnosis | undefined, hasAddress: boolean): Answer {
  if (ipv6 === undefined) {
    return hasAddress
      ? { verdict: 'unknown', why: 'this machine has IPv6, which could not be tested' }
      : { verdict: 'no', why: 'this machine has no global IPv6 address' };
  }
  if (ipv6.mapping !== 'none') {
    return { verdict: 'usually', why: 'our IPv6 is translated, too' };
  }
  return ipv6.filtering === 'endpoint-independent'
    ? { verdict: 'yes', why: 'no firewall is in its way' }
    : { verdict: 'yes', why: 'no NAT, and both dial at the same moment to open both firewalls' };
}
