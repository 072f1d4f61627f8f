import { PunchlineError } from '../../errors.ts';
import type { AttemptEvent, AttemptOutcome, Endpoint } from '../../events.ts';
import { isOfRounds } from '../../nat/candidate-kind.ts';
import { pairAdviceOf } from '../../nat/advice.ts';
import type { Nat } from '../../nat/diagnosis.ts';
import { natWords } from '../../nat/mapping-words.ts';
import { forwardedReach, type Answer } from '../../nat/reach.ts';
import type { Match, Visit } from '../place.ts';
import { directReach, sealedWords, untold, type PairFacts } from './pair-facts.ts';

interface Reason {
  /** Continues the sentence that says what was tried. */
  readonly why: string;
  /** What can be tried, the best first. */
  readonly tries: readonly string[];
  /** Further sentences. */
  readonly details: readonly string[];
}

/**
 * Says what was tried, how it ended, and what that means between two such
 * NATs, in the doctor's words. `noRelay` is a sentence on why nothing was
 * relayed. Without `facts` the old protocol was used.
 */
export function punchFailure(
  { address, port }: Endpoint,
  tried: readonly AttemptEvent[],
  facts?: PairFacts,
  noRelay?: string,
): PunchlineError {
  const rounds = tried.filter(({ kind }) => isOfRounds(kind));
  const counts = new Map<AttemptOutcome, number>();
  for (const { outcome } of rounds) {
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  const ended = [...counts].map(([outcome, count]) => `${count} × ${outcome}`).join(', ') || 'none ended';
  const { length } = rounds;
  const { why, tries, details } = plainReason(counts, facts) ?? natReason(counts, facts);
  // A relay helps in every case, and at once.
  const isShort = rounds.some(({ reason }) => reason !== undefined);
  const all = [...(noRelay === undefined ? [] : [noRelay]), ...(isShort ? [moreFiles] : []), ...tries];
  return new PunchlineError(
    'ERR_PUNCH_FAILED',
    `no connection to ${address}:${port} in ${length} ${length === 1 ? 'attempt' : 'attempts'} (${ended})${why}`,
    { hint: [...all, ...details].join(' '), tries: all },
  );
}

const moreFiles =
  'This process had too many open files to dial as often as it should. Let it open more, for example with "ulimit -n 4096", and try again.';

/** For a user who wants only the relay, when there is none. */
export function relayFailure(noRelay: string | undefined): PunchlineError {
  return new PunchlineError('ERR_PUNCH_FAILED', 'no connection to the peer through the relay', {
    hint: [
      ...(noRelay === undefined ? [] : [noRelay]),
      'Without --relay always, a direct connection is tried, too.',
    ].join(' '),
  });
}

/** The guest and the host have found each other, but their connection was not handed over, or did not prove itself. */
export function hostFailure(why: string | undefined): PunchlineError {
  return new PunchlineError('ERR_PUNCH_FAILED', 'the connection between host and guest was not handed over', {
    hint: [
      ...(why === undefined ? [] : [`${why}.`]),
      'Open a new room, and try again with its new code.',
    ].join(' '),
  });
}

/** For two sides of which one or both do not know where the outside sees them, so that nothing was punched. */
export function unseenFailure(
  { mapped, isSealed }: Pick<Match, 'mapped' | 'isSealed'>,
  visit: Pick<Visit, 'remote'>,
  noRelay: string | undefined,
): PunchlineError {
  if (isSealed === true) {
    return new PunchlineError(
      'ERR_PUNCH_FAILED',
      `no connection to the peer: the two are in no common network, and ${sealedWords(mapped, visit)}`,
      {
        hint: [
          noRelay ?? 'Let the rendezvous relay: with --relay auto on both sides.',
          ...(mapped === undefined
            ? ['If STUN servers can be reached directly, name them with --stun.']
            : []),
        ].join(' '),
      },
    );
  }
  const tries = [
    ...(noRelay === undefined ? [] : [noRelay]),
    `Name STUN servers that answer over TCP with --stun${mapped === undefined ? '' : ', on the side of your peer'}.`,
  ];
  return new PunchlineError(
    'ERR_PUNCH_FAILED',
    `no connection to the peer: the two are in no common network, and ${untold[mapped === undefined ? 'own' : 'peer']}`,
    { hint: tries.join(' '), tries },
  );
}

type Counts = ReadonlyMap<AttemptOutcome, number>;

/** A reason that has nothing to do with the NATs. */
function plainReason(counts: Counts, facts: PairFacts | undefined): Reason | undefined {
  if (facts?.lostAddress !== undefined) {
    return {
      why: `: this machine no longer has its address ${facts.lostAddress}`,
      details: [],
      tries: ['This machine has lost the network, or has gone to another one. Check it, then try again.'],
    };
  }
  if (counts.size === 1 && counts.has('unreachable')) {
    return {
      why: ': there is no route to it',
      details: [],
      tries: [
        'This machine has no route to that address, a router refuses it, or the program may open no more sockets (ulimit -n): check these, then try again.',
      ],
    };
  }
  if (facts?.peerGone === 'unheard') {
    return {
      why: ': nothing was heard of the peer',
      details: [],
      tries: [
        'One of you has lost the network, or the peer was stopped. While it still waits, the code stays good: try it again. Else ask your peer for a new code.',
      ],
    };
  }
  if (facts?.peerGone !== undefined) {
    return {
      why: facts.peerGone === 'left' ? ': the peer has left' : ': nothing more was heard of the peer',
      details: [],
      tries: [
        'It was stopped, or one of you has lost the network. Start again on both sides, with a new invite.',
      ],
    };
  }
  // A connection that opens, and a peer of which nothing more is heard: the line was cut.
  if (counts.has('connected')) {
    return {
      why: ': what answered did not prove that it holds the code',
      details: [],
      tries: ['A firewall or a proxy in between may answer instead of the peer.'],
    };
  }
  if (facts?.freshPort === true && facts.own.mapping !== 'none') {
    return {
      why: ': the dials left from a fresh port, which our NAT shows as another one than the peer knows',
      details: [],
      tries: ['Leave out --fresh-port.'],
    };
  }
  return undefined;
}

function natReason(counts: Counts, facts: PairFacts | undefined): Reason {
  if (facts === undefined) {
    return {
      why: '',
      tries: [
        'Another network on one side may help, for example a phone as a hotspot.',
        'Run "punchline doctor" on each side to see what the NATs do.',
      ],
      details: ['The old protocol tells nothing about the two NATs.'],
    };
  }
  const { own, peer, forwarded, sharedNat } = facts;
  const answer = directReach(facts);
  if (sharedNat !== undefined && answer.verdict !== 'no' && forwardedReach(forwarded) === undefined) {
    return {
      why: ': both sides are behind one NAT, and it does not lead back what is sent to its own address',
      tries: [sharedNat.areHostsTold ? notInOneNetwork : useLocalNetwork, ...pairAdviceOf(facts)],
      details: [
        natWords(own, peer),
        'RFC 5382 (REQ-8) asks a NAT to lead such packets back ("hairpinning"), and many do not.',
      ],
    };
  }
  return {
    why: whyWords(answer),
    tries: pairAdviceOf(facts),
    details: [natWords(own, peer), ...limitOf(answer, facts, counts)],
  };
}

const useLocalNetwork = 'Two in one local network need no NAT: let both sides use it, without --no-lan.';
const notInOneNetwork =
  'The two have not met in a local network either. A NAT of the provider may stand in front of both.';

function whyWords({ verdict, why }: Answer): string {
  switch (verdict) {
    case 'no':
      return `: ${why}`;
    case 'unknown':
      return `; whether two such NATs connect is not known: ${why}`;
    case 'usually':
      return `, although two such NATs usually connect: ${why}`;
    case 'yes':
      return `, although two such NATs connect as a rule: ${why}`;
  }
}

/** What can be hoped for. A chat does not learn what a NAT lets in, so only the consequence is told. */
function limitOf({ verdict }: Answer, { own, peer }: PairFacts, counts: Counts): string[] {
  if (verdict === 'unknown') {
    return [];
  }
  if (verdict === 'no') {
    return [
      'No program can connect such NATs if both let in only the port that was dialled, as most do. What these two let in is not known here.',
    ];
  }
  const isDoubted = verdict === 'usually' && [own, peer].some(isSeenFromOneAddress);
  return [
    ...(isDoubted
      ? [
          'Seen from one address, a NAT with another port for each address looks the same, and then a connection may be impossible. "punchline doctor" can tell, if the rendezvous has a second address (serve --probe-host).',
        ]
      : []),
    counts.has('refused')
      ? 'If a NAT refuses what it does not know, both sides must dial within a few hundredths of a second. Another try may succeed.'
      : 'A firewall on one side may let nothing through. "punchline doctor" on each side shows it.',
  ];
}

function isSeenFromOneAddress({ mapping }: Nat): boolean {
  return mapping === 'not address-and-port-dependent';
}
