import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { ProtocolError, PunchlineError } from '../../errors.ts';
import type { AttemptEvent, Candidate, Endpoint, Path, ProofEvent, Role, Strategy } from '../../events.ts';
import { pause, TimeoutError, within } from '../../network/waiting.ts';
import type { HelloMessage } from '../../protocol/sealed-messages.ts';
import { safeName } from '../../text/safe-text.ts';
import { ForwardedCandidates } from '../forwarded/forwarded-candidates.ts';
import type { Keys } from '../keys/keys.ts';
import type { MeetingContext } from '../meeting-context.ts';
import { isMapped, PeerVanished, SameSession, type MappedMatch, type Match, type Visit } from '../place.ts';
import type { RoomEntry } from '../room-entry.ts';
import { pathOfMatch } from './path.ts';
import { expectDialable, mappedRefusal } from './plan/dialable.ts';
import { announcer, natsTeller } from './plan/tell-news.ts';
import { winningStrategy } from './plan/winning-strategy.ts';
import { exhausted, failedGreeting } from './match-failure.ts';
import { pairFacts, type PairFacts } from './pair-facts.ts';
import type { Round } from './punch.ts';
import { holdRace, type PunchRace } from './punch-race.ts';
import { Rounds } from './punch-rounds.ts';
import type { Won } from './race.ts';
import { fallBack, takeConnection } from './relay-fallback.ts';
import { helloOf, Signalling, wrongCode } from './signalling.ts';

/** How long host candidates are waited for if nothing can be punched at: as long as a dial to one lives. */
const HOSTS_ALONE_MS = 3000;

/** A visit to a place that has led to a match. */
export interface Meeting {
  readonly visit: Visit;
  readonly match: Match;
  /** What we entered the room with. */
  readonly entry: RoomEntry;
  /** Called once, at the end, with what is known of both NATs by then. */
  readonly onFacts: (facts: PairFacts) => void;
  readonly signal: AbortSignal;
}

export interface WonChannel extends Won {
  readonly role: Role;
  readonly keys: Keys;
  readonly peerName: string;
  /** Whether the peer understands the stream of files. */
  readonly takesFiles: boolean;
  /** Whether the peer understands that a file of a folder is skipped. */
  readonly takesSkips: boolean;
  /** Whether the peer runs a chat that can keep friends. */
  readonly takesFriends: boolean;
  /** The place as it was reached, if it was not only through a proxy. */
  readonly server: Endpoint | undefined;
  /** How a channel to an endpoint runs, as far as this meeting knows. */
  readonly pathTo: (remote: Endpoint) => Path;
  /** When the first SYN left, by performance.now(). */
  readonly dialledAt: number;
  /** What found the way; undefined for a relay. */
  readonly strategy?: Strategy | undefined;
  /** Whether the connection to the place has become the channel. */
  readonly here: boolean;
}

/**
 * Goes from a match to one proven channel. Throws ERR_WRONG_CODE,
 * ERR_MODE_MISMATCH, ERR_PUNCH_FAILED, PeerVanished or what the place says. In
 * each case no other socket, timer or listener stays.
 */
export async function establishChannel(context: MeetingContext, meeting: Meeting): Promise<WonChannel> {
  const { visit, match, entry, signal } = meeting;
  if (match.here !== true && match.peerMapped !== undefined) {
    expectDialable(match.peerMapped, { place: context.place.name, server: visit.remote, own: match.mapped });
  }
  const attempts: AttemptEvent[] = [];
  function onAttempt(attempt: Omit<AttemptEvent, 'event'>): void {
    const event: AttemptEvent = { event: 'attempt', ...attempt };
    attempts.push(event);
    context.emit(event);
  }
  function onKeyTried(): void {
    entry.guess.spend();
  }
  const seen = { match };
  function pathTo(remote: Endpoint): Path {
    return pathOfMatch(remote, { ...seen.match, local: visit.local });
  }
  function onProof(proof: Omit<ProofEvent, 'event'>): void {
    context.emit({ event: 'proof', ...proof });
  }
  function isPeer({ address }: Endpoint): boolean {
    return address === seen.match.peerMapped?.address;
  }
  const common = { role: match.role, server: visit.remote, pathTo, here: match.here === true };
  const used = visit.local.address;
  const telling = { onKeyTried, onProof, onAttempt };
  return holdRace({ ...common, ...telling, context, used, isPeer, signal }, async (race) => ({
    ...(await win(stepsOf(context, { ...meeting, seen }, race, attempts))),
    ...common,
  }));
}

/** What is known of where the two are seen. Where a proxy leads one of them here, the hello tells more. */
interface SeenPair {
  match: Match;
}

/** What needs to be known of both sides for a punch. */
interface Punchable {
  /** Where the outside sees the peer. Undefined if one of the two does not know where it is seen. */
  mapped: Candidate | undefined;
  rounds: Rounds | undefined;
  forwarded: ForwardedCandidates | undefined;
}

/** What the steps from a match to its channel share. */
function stepsOf(
  context: MeetingContext,
  meeting: Meeting & { readonly seen: SeenPair },
  race: PunchRace,
  attempts: readonly AttemptEvent[],
) {
  const { match, seen } = meeting;
  // With `always` nobody is dialled, and nobody is told where to dial us. Where the place is one of the two, there is
  // a connection already.
  const relayOnly = context.relay === 'always' || match.here === true;
  /** All endpoints of the peer that are known so far. */
  const known: Candidate[] = [];
  function tellPeer(...more: readonly Candidate[]): void {
    known.push(...more);
    context.emit({ event: 'peer', role: match.role, candidates: [...known] });
  }
  const punchable: Punchable = { mapped: undefined, rounds: undefined, forwarded: undefined };
  const steps = {
    ...meeting,
    get match() {
      return seen.match;
    },
    ...punchable,
    context,
    race,
    /** How each attempt began and ended. */
    attempts,
    relayOnly,
    usesHosts: context.lan && !relayOnly,
    /** Tells of all endpoints of the peer, with these new ones. */
    tellPeer,
    signal: race.signal,
  };
  // The peer may not know yet where we are seen.
  if (isMapped(match) && match.isSealed !== true) {
    seeBoth(steps, match);
  }
  return steps;
}

type Steps = ReturnType<typeof stepsOf>;

/** Tells where the peer is seen, if that is known and leads there. */
function tellMapped({ context, mapped, tellPeer }: Steps): void {
  tellPeer(...(context.relay === 'always' || mapped === undefined ? [] : [mapped]));
}

/** Both sides know where they are seen, so they can punch. */
function seeBoth(steps: Steps, match: MappedMatch): void {
  const { context, visit, race, relayOnly, tellPeer } = steps;
  const { address, port } = match.peerMapped;
  steps.seen.match = match;
  steps.mapped = { kind: 'mapped', address, port };
  steps.rounds = new Rounds({ visit, match, context, signal: race.signal });
  if (!relayOnly) {
    steps.forwarded = new ForwardedCandidates({
      forwarded: context.forwarded,
      seen: { ...match, local: visit.local, server: visit.remote },
      ways: race.ways,
      emit: context.emit,
      onCandidate: (one) => tellPeer({ kind: 'forwarded', ...one }),
    });
  }
}

/** A proxy leads one of the two here. Its endpoint is in its hello, if a direct connection has shown it. */
function seeSealed(steps: Steps, { mapped: sealed }: HelloMessage, introduction: Introduction): void {
  const { match, visit } = steps;
  const { mapped } = match;
  const peerMapped = match.peerMapped ?? sealed;
  const isFit =
    peerMapped !== undefined &&
    mappedRefusal(peerMapped, { server: visit.remote, own: mapped }) === undefined;
  if (mapped !== undefined && isFit) {
    seeBoth(steps, { ...match, mapped, peerMapped });
    tellMapped(steps);
    tellMore(steps, introduction);
  }
}

/** Tells the peer of the port that our router maps, and what a second address of the place shows, once that is known. */
function tellMore({ forwarded, rounds }: Steps, { signalling, tellNats, facts }: Introduction): void {
  forwarded?.ask(facts(), 1);
  forwarded?.offer((endpoint) => {
    tellNats();
    void signalling.tell({ t: 'forwarded', ...endpoint });
  });
  void rounds?.compareAddresses(signalling).then(() => tellNats());
}

async function win(steps: Steps): Promise<Omit<WonChannel, 'role' | 'server' | 'pathTo' | 'here'>> {
  const { context, match, entry, race, relayOnly, signal } = steps;
  const { role } = match;
  tellMapped(steps);

  const introduced = Promise.withResolvers<Introduction>();
  const dialledAt = performance.now() + match.startInMs;
  // The SYN leaves first: the SYNs of both sides must cross.
  const punching = relayOnly ? Promise.resolve() : punchRounds(steps, introduced.promise);
  // The keys take ten milliseconds of this thread, so they wait until the SYN has left.
  await pause(match.startInMs, signal);
  await turn();

  const keys = keysOf(steps);
  // `a` proves itself first, by its seal and on each socket. From now on a peer may know whether its words are ours.
  if (role === 'a') {
    entry.guess.spend();
  }
  race.prove(keys.psk);
  const hosts = steps.usesHosts ? await race.openHosts() : [];
  const hello = helloOf({ context, match, sprays: steps.rounds?.sprays }, hosts);
  const signalling = new Signalling({
    ...steps,
    role,
    keys,
    guess: entry.guess,
    hello,
    onForwarded,
    onObserved,
  });
  function facts() {
    const { freshPort, spraySize } = context;
    return pairFacts({
      ...steps,
      freshPort,
      spraySize,
      own: hello,
      observed: steps.rounds?.observed,
      signalling,
      forwarded: steps.forwarded?.known,
    });
  }
  function onForwarded(candidate: Endpoint) {
    steps.forwarded?.dial(candidate);
    tellNats();
  }
  function onObserved() {
    steps.rounds?.reconsider(signalling);
    tellNats();
  }
  // Between a host and its guest no NAT has to be opened.
  const tellNats = match.here === true ? () => undefined : natsTeller(context, facts, signalling);
  tellNats();
  const introduction = { signalling, tellNats, facts };
  tellMore(steps, introduction);
  if (match.isSealed === true && !relayOnly) {
    signalling.hello.then(
      (peer) => seeSealed(steps, peer, introduction),
      () => undefined,
    );
  }
  introduced.resolve(introduction);
  const greeted = greet(steps, signalling);
  greeted.then(onObserved, () => undefined);
  const relaying = otherWay(steps, { signalling, punching, facts, dialledAt, tellNats });

  try {
    const winner = await Promise.race([
      race.winner,
      failedGreeting(greeted, steps),
      exhausted({ greeted, punching, relaying }, steps, facts),
    ]);
    if (winner.path !== 'relay' && winner.remote.address === steps.mapped?.address) {
      steps.rounds?.proven();
    }
    const forwardedPort = context.forwarded?.localPort;
    const strategy = winningStrategy(winner, { ...steps, forwardedPort });
    return { ...winner, keys, dialledAt, strategy, ...(await lateGreeting(greeted, steps)) };
  } finally {
    steps.onFacts(facts());
  }
}

/** What there is once the keys are known. */
interface Introduction {
  readonly signalling: Signalling;
  readonly tellNats: (relayInMs?: number) => void;
  readonly facts: () => PairFacts;
}

interface OtherWayInputs extends Introduction {
  readonly punching: Promise<void>;
  readonly dialledAt: number;
}

/** Where the place is one of the two, there is a connection already. Else the place is asked to relay, in time. */
function otherWay(
  { context, visit, match, race, signal }: Steps,
  { signalling, punching, facts, dialledAt, tellNats }: OtherWayInputs,
): Promise<string | undefined> {
  const asked = { visit, hello: signalling.hello, signal };
  return match.here === true
    ? takeConnection({
        ...asked,
        isHost: context.place.kind === 'here',
        waitMs: context.waits.answerMs,
        // What leads through a proxy is relayed by it.
        onSocket: (socket) => race.enter(socket, visit.remote === undefined ? 'relayed' : 'dialled'),
      })
    : fallBack({
        ...asked,
        context,
        punching,
        facts,
        dialledAt,
        onWait: tellNats,
        onSocket: (socket) => race.enter(socket, 'relayed'),
      });
}

/** The first round begins at once, if it is known where both are seen. The peers agree on each later one. */
function punchRounds(steps: Steps, introduced: Promise<Introduction>): Promise<void> {
  const { rounds, mapped } = steps;
  return rounds === undefined || mapped === undefined
    ? punchLater(steps, introduced)
    : playRounds(steps, { rounds, address: mapped.address, first: rounds.first() }, introduced);
}

/** There is nothing to punch at before the hello. If there is nothing after it, the host candidates get as long as a round. */
async function punchLater(steps: Steps, introduced: Promise<Introduction>): Promise<void> {
  const { context, signal } = steps;
  const { signalling } = await introduced;
  await within(signalling.hello, context.waits.sealMs, signal).catch(() => undefined);
  const { rounds, mapped } = steps;
  if (rounds === undefined || mapped === undefined) {
    await pause(HOSTS_ALONE_MS, signal);
    return;
  }
  await playRounds(steps, { rounds, address: mapped.address }, introduced);
}

interface RoundsToPlay {
  readonly rounds: Rounds;
  /** That of the peer. */
  readonly address: string;
  /** By default the two agree on the first one, too. */
  readonly first?: Round;
}

function playRounds(
  { context, visit, race, forwarded }: Steps,
  { rounds, address, first }: RoundsToPlay,
  introduced: Promise<Introduction>,
): Promise<void> {
  async function agreed(n: number) {
    const { signalling, tellNats, facts } = await introduced;
    await race.yieldToProof();
    forwarded?.ask(facts(), n);
    const round = await rounds.next(n, signalling);
    tellNats();
    // A connection of the round before may have come while the two agreed on this one.
    const agreedAt = performance.now();
    await race.yieldToProof();
    return round && { ...round, startInMs: round.startInMs - (performance.now() - agreedAt) };
  }
  return race.punch({
    family: visit.family,
    address,
    attempts: context.attempts,
    round: (n) => (n === 1 && first !== undefined ? first : agreed(n)),
    onPlan: announcer(context),
  });
}

/** A share that is not valid shows only that its sender is no peer. No guess is spent on it. */
function keysOf({ match, entry }: Meeting): Keys {
  try {
    return entry.keysOf(match);
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) {
      throw cause;
    }
    throw match.role === 'b' ? new PeerVanished(cause) : wrongCode(cause);
  }
}

/** What the peer tells about itself. */
type Greeting = Pick<WonChannel, 'peerName' | 'takesFiles' | 'takesSkips' | 'takesFriends'>;

/** Waits for the peer's hello, and dials the host candidates in it. Throws ERR_MODE_MISMATCH. */
async function greet(steps: Steps, signalling: Signalling): Promise<Greeting> {
  const { context } = steps;
  const peer = await signalling.hello;
  expectOtherHalf(context, peer);
  expectRestarted(context, peer);
  if (steps.usesHosts) {
    dialPeerHosts(steps, peer);
  }
  return {
    peerName: safeName(peer.name ?? '', context.name),
    takesFiles: peer.files === true,
    takesSkips: peer.skips === true,
    takesFriends: peer.friends === true,
  };
}

async function lateGreeting(greeted: Promise<Greeting>, { context, signal }: Steps): Promise<Greeting> {
  try {
    return await within(greeted, context.waits.lateHelloMs, signal);
  } catch (error) {
    // The channel is proven, so it does no harm that the place went before the greeting came.
    const isMissing =
      error instanceof TimeoutError ||
      (error instanceof PunchlineError && error.code.startsWith('ERR_RENDEZVOUS_'));
    // A peer that may be no forward must not get its frames.
    if (isMissing && context.mode !== 'forward') {
      return { peerName: safeName(''), takesFiles: false, takesSkips: false, takesFriends: false };
    }
    throw error;
  }
}

function dialPeerHosts({ context, race, tellPeer }: Steps, peer: HelloMessage): void {
  const candidates = race.dialable(peer.hosts);
  if (candidates.length === 0) {
    return;
  }
  const { emit } = context;
  tellPeer(...candidates.map((one): Candidate => ({ kind: 'host', ...one })));
  emit({ event: 'plan', strategy: 'host', dials: candidates.length });
  race.dialHosts(candidates);
}

/** What each of the two runs must fit. A peer that only sends or receives files is a chat in all else. */
function expectOtherHalf(
  ours: Pick<MeetingContext, 'mode' | 'task'>,
  theirs: Pick<HelloMessage, 'mode' | 'task'>,
): void {
  if (ours.mode === theirs.mode && (ours.task === undefined || ours.task !== theirs.task)) {
    return;
  }
  throw new PunchlineError(
    'ERR_MODE_MISMATCH',
    `the peer runs "punchline ${theirs.task ?? theirs.mode}", we run "punchline ${ours.task ?? ours.mode}"`,
    {
      hint:
        ours.mode === theirs.mode
          ? 'One of you has to send and the other to receive: start both again.'
          : 'Agree on one of the two, and start both again.',
    },
  );
}

/** A peer that has a session, too, meets us elsewhere. Only one that has none begins another with us. */
function expectRestarted({ session }: MeetingContext, theirs: HelloMessage): void {
  if (session === undefined || theirs.session === undefined) {
    return;
  }
  throw theirs.session === session
    ? new SameSession('ERR_MODE_MISMATCH', 'the peer has not lost the session')
    : new PunchlineError('ERR_MODE_MISMATCH', 'the peer has another session');
}
