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
import { isMapped, PeerVanished, type Match, type Visit } from '../place.ts';
import type { RoomEntry } from '../room-entry.ts';
import { pathOfMatch } from './path.ts';
import { expectDialable } from './plan/dialable.ts';
import { announcer, natsTeller } from './plan/tell-news.ts';
import { winningStrategy } from './plan/winning-strategy.ts';
import { exhausted, failedGreeting } from './match-failure.ts';
import { pairFacts, type PairFacts } from './punch-failure.ts';
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
  /** The place as it was reached. */
  readonly server: Endpoint;
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
  function pathTo(remote: Endpoint): Path {
    return pathOfMatch(remote, { ...match, local: visit.local });
  }
  function onProof(proof: Omit<ProofEvent, 'event'>): void {
    context.emit({ event: 'proof', ...proof });
  }
  const common = { role: match.role, server: visit.remote, pathTo, here: match.here === true };
  const used = visit.local.address;
  return holdRace({ ...common, context, used, onKeyTried, onProof, onAttempt, signal }, async (race) => ({
    ...(await win(stepsOf(context, meeting, race, attempts))),
    ...common,
  }));
}

/** What the steps from a match to its channel share. */
function stepsOf(
  context: MeetingContext,
  meeting: Meeting,
  race: PunchRace,
  attempts: readonly AttemptEvent[],
) {
  const { match, visit } = meeting;
  const mapped: Candidate | undefined = isMapped(match)
    ? { kind: 'mapped', address: match.peerMapped.address, port: match.peerMapped.port }
    : undefined;
  // With `always` nobody is dialled, and nobody is told where to dial us. Where the place is one of the two, there is
  // a connection already.
  const relayOnly = context.relay === 'always' || match.here === true;
  /** All endpoints of the peer that are known so far. */
  const known = context.relay === 'always' || mapped === undefined ? [] : [mapped];
  function tellPeer(...more: readonly Candidate[]): void {
    known.push(...more);
    context.emit({ event: 'peer', role: match.role, candidates: [...known] });
  }
  const forwarded =
    relayOnly || !isMapped(match)
      ? undefined
      : new ForwardedCandidates({
          forwarded: context.forwarded,
          seen: { ...match, local: visit.local, server: visit.remote },
          ways: race.ways,
          emit: context.emit,
          onCandidate: (one) => tellPeer({ kind: 'forwarded', ...one }),
        });
  return {
    ...meeting,
    context,
    race,
    /** How each attempt began and ended. */
    attempts,
    relayOnly,
    usesHosts: context.lan && !relayOnly,
    /** Where the outside sees the peer. Undefined if one of the two does not know where it is seen. */
    mapped,
    /** Tells of all endpoints of the peer, with these new ones. */
    tellPeer,
    forwarded,
    rounds: isMapped(match) ? new Rounds({ visit, match, context, signal: race.signal }) : undefined,
    signal: race.signal,
  };
}

type Steps = ReturnType<typeof stepsOf>;

async function win(steps: Steps): Promise<Omit<WonChannel, 'role' | 'server' | 'pathTo' | 'here'>> {
  const { context, match, entry, race, rounds, relayOnly, mapped, forwarded, signal } = steps;
  const { role } = match;
  steps.tellPeer();

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
  const hello = helloOf({ context, match, sprays: rounds?.sprays }, hosts);
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
    const ports = forwarded?.known;
    return pairFacts({
      ...steps,
      freshPort,
      spraySize,
      own: hello,
      observed: rounds?.observed,
      signalling,
      forwarded: ports,
    });
  }
  function onForwarded(candidate: Endpoint) {
    forwarded?.dial(candidate);
    tellNats();
  }
  function onObserved() {
    rounds?.reconsider(signalling);
    tellNats();
  }
  // Between a host and its guest no NAT has to be opened.
  const tellNats = match.here === true ? () => undefined : natsTeller(context, facts, signalling);
  tellNats();
  forwarded?.ask(facts(), 1);
  forwarded?.offer((endpoint) => {
    tellNats();
    signalling.tell({ t: 'forwarded', ...endpoint });
  });
  introduced.resolve({ signalling, tellNats, facts });
  const greeted = greet(steps, signalling);
  greeted.then(onObserved, () => undefined);
  void rounds?.compareAddresses(signalling).then(() => tellNats());
  const relaying = otherWay(steps, { signalling, punching, facts, dialledAt, tellNats });

  try {
    const winner = await Promise.race([
      race.winner,
      failedGreeting(greeted, steps),
      exhausted({ greeted, punching, relaying }, steps, facts),
    ]);
    if (winner.path !== 'relay' && winner.remote.address === mapped?.address) {
      rounds?.proven();
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
        onSocket: (socket) => race.enter(socket, 'dialled'),
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

/** The first round begins at once. The peers agree on each later one. */
function punchRounds(
  { context, visit, race, rounds, mapped, forwarded, signal }: Steps,
  introduced: Promise<Introduction>,
): Promise<void> {
  if (rounds === undefined || mapped === undefined) {
    return hostsAlone(context, introduced, signal);
  }
  async function agreed(n: number, known: Rounds) {
    const { signalling, tellNats, facts } = await introduced;
    await race.yieldToProof();
    forwarded?.ask(facts(), n);
    const round = await known.next(n, signalling);
    tellNats();
    // A connection of the round before may have come while the two agreed on this one.
    const agreedAt = performance.now();
    await race.yieldToProof();
    return round && { ...round, startInMs: round.startInMs - (performance.now() - agreedAt) };
  }
  return race.punch({
    family: visit.family,
    address: mapped.address,
    attempts: context.attempts,
    round: (n) => (n === 1 ? rounds.first() : agreed(n, rounds)),
    onPlan: announcer(context),
  });
}

/** There is nothing to punch at. The host candidates get as long as a round. */
async function hostsAlone(
  { waits }: MeetingContext,
  introduced: Promise<Introduction>,
  signal: AbortSignal,
): Promise<void> {
  const { signalling } = await introduced;
  await within(signalling.hello, waits.sealMs, signal).catch(() => undefined);
  await pause(HOSTS_ALONE_MS, signal);
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
type Greeting = Pick<WonChannel, 'peerName' | 'takesFiles' | 'takesSkips'>;

/** Waits for the peer's hello, and dials the host candidates in it. Throws ERR_MODE_MISMATCH. */
async function greet(steps: Steps, signalling: Signalling): Promise<Greeting> {
  const { context } = steps;
  const peer = await signalling.hello;
  expectMode(context.mode, peer.mode);
  if (steps.usesHosts) {
    dialPeerHosts(steps, peer);
  }
  return {
    peerName: safeName(peer.name ?? '', context.name),
    takesFiles: peer.files === true,
    takesSkips: peer.skips === true,
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
    if (isMissing) {
      return { peerName: safeName(''), takesFiles: false, takesSkips: false };
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

function expectMode(ours: 'chat' | 'pipe', theirs: 'chat' | 'pipe'): void {
  if (ours === theirs) {
    return;
  }
  throw new PunchlineError(
    'ERR_MODE_MISMATCH',
    `the peer runs "punchline ${theirs}", we run "punchline ${ours}"`,
    {
      hint: 'Agree on one of the two, and start both again.',
    },
  );
}
