import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { ProtocolError, PunchlineError } from '../../errors.ts';
import type {
  AttemptEvent,
  Candidate,
  Endpoint,
  Happening,
  Path,
  ProofEvent,
  Role,
  Strategy,
} from '../../events.ts';
import { natKindOf } from '../../nat/nat-kind.ts';
import { pairReach } from '../../nat/reach.ts';
import { formatEndpoint } from '../../network/endpoint.ts';
import { pause, TimeoutError, within } from '../../network/waiting.ts';
import type { HelloMessage } from '../../protocol/sealed-messages.ts';
import { safeName } from '../../text/safe-text.ts';
import type { Keys } from '../keys/keys.ts';
import type { MeetingContext } from '../meeting-context.ts';
import { isMapped, PeerVanished, type Match, type Visit } from '../place.ts';
import type { RoomEntry } from '../room-entry.ts';
import { pathOfMatch } from './path.ts';
import { mappedRefusal } from './plan/dialable.ts';
import { dialsOf, type RoundPlan } from './plan/punch-plan.ts';
import {
  hostFailure,
  pairFacts,
  type PairFacts,
  punchFailure,
  relayFailure,
  unseenFailure,
} from './punch-failure.ts';
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
  expectDialable(context, meeting);
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
  return holdRace({ ...common, context, onKeyTried, onProof, onAttempt, signal }, async (race) => ({
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
    rounds: isMapped(match) ? new Rounds({ visit, match, context, signal: race.signal }) : undefined,
    signal: race.signal,
  };
}

type Steps = ReturnType<typeof stepsOf>;

async function win(steps: Steps): Promise<Omit<WonChannel, 'role' | 'server' | 'pathTo' | 'here'>> {
  const { context, visit, match, entry, race, rounds, relayOnly, mapped, signal } = steps;
  const { role } = match;
  const outside = context.relay === 'always' || mapped === undefined ? [] : [mapped];
  context.emit({ event: 'peer', role, candidates: outside });

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
  const signalling = new Signalling({ visit, role, keys, guess: entry.guess, hello, signal });
  function facts() {
    const { freshPort } = context;
    return pairFacts({ visit, match, freshPort, own: hello, observed: rounds?.observed, signalling });
  }
  // Between a host and its guest no NAT has to be opened.
  const tellNats = match.here === true ? () => undefined : natsTeller(context.emit, facts);
  tellNats();
  introduced.resolve({ signalling, tellNats });
  const greeted = greet(steps, signalling);
  greeted.then(
    () => tellNats(),
    () => undefined,
  );
  const asked = { visit, hello: signalling.hello, signal };
  const relaying =
    match.here === true
      ? takeConnection({
          ...asked,
          isHost: context.place.kind === 'here',
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

  try {
    const winner = await Promise.race([
      race.winner,
      failedGreeting(greeted, steps),
      exhausted({ greeted, punching, relaying }, steps, facts),
    ]);
    if (winner.path !== 'relay' && winner.remote.address === mapped?.address) {
      rounds?.proven();
    }
    const strategy = winningStrategy(winner, steps);
    return { ...winner, keys, dialledAt, strategy, ...(await lateGreeting(greeted, steps)) };
  } finally {
    steps.onFacts(facts());
  }
}

/** What there is once the keys are known. */
interface Introduction {
  readonly signalling: Signalling;
  readonly tellNats: () => void;
}

/** The first round begins at once. The peers agree on each later one. */
function punchRounds(
  { context, visit, race, rounds, mapped, signal }: Steps,
  introduced: Promise<Introduction>,
): Promise<void> {
  if (rounds === undefined || mapped === undefined) {
    return hostsAlone(context, introduced, signal);
  }
  async function agreed(n: number, known: Rounds) {
    const { signalling, tellNats } = await introduced;
    const round = await known.next(n, signalling);
    tellNats();
    return round;
  }
  return race.punch({
    family: visit.family,
    address: mapped.address,
    attempts: context.attempts,
    round: (n) => (n === 1 ? rounds.first() : agreed(n, rounds)),
    onPlan: announcer(context.emit),
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

function dialPeerHosts({ context, match, race, mapped }: Steps, peer: HelloMessage): void {
  const candidates = race.dialable(peer.hosts);
  if (candidates.length === 0) {
    return;
  }
  const { emit } = context;
  const listed = candidates.map((one): Candidate => ({ kind: 'host', ...one }));
  emit({ event: 'peer', role: match.role, candidates: [mapped ?? [], ...listed].flat() });
  emit({ event: 'plan', strategy: 'host', dials: candidates.length });
  race.dialHosts(candidates);
}

/** Tells the plan of a round if it is not the same as before. */
function announcer(emit: (happening: Happening) => void): (plan: RoundPlan) => void {
  let said: string | undefined;
  return (plan) => {
    if (plan.strategy === said && plan.spray === undefined) {
      return;
    }
    said = plan.strategy;
    emit({ event: 'plan', strategy: plan.strategy, dials: dialsOf(plan) });
  };
}

/** Tells what both NATs do, if that is news. */
function natsTeller(emit: (happening: Happening) => void, facts: () => PairFacts) {
  let said: string | undefined;
  return (relayInMs?: number): void => {
    const { own, peer } = facts();
    const nats = { own: natKindOf(own), peer: natKindOf(peer), direct: pairReach(own, peer) };
    const news = JSON.stringify(nats);
    if (news === said && relayInMs === undefined) {
      return;
    }
    said = news;
    const { verdict, why } = nats.direct;
    emit({ event: 'nats', ...nats, direct: verdict, why, ...(relayInMs === undefined ? {} : { relayInMs }) });
  };
}

/** What found the way of the channel that was won; undefined for a relay. */
function winningStrategy(
  { path, remote }: Pick<Won, 'path' | 'remote'>,
  { attempts, mapped }: Steps,
): Strategy | undefined {
  if (path === 'relay') {
    return undefined;
  }
  const punches = attempts.filter(({ kind }) => kind !== 'host');
  const isHost = attempts.some(
    ({ kind, address, port }) => kind === 'host' && address === remote.address && port === remote.port,
  );
  if (isHost || remote.address !== mapped?.address) {
    return 'host';
  }
  // If the peer has dialled, it has done so in the round that we play.
  const dialled = punches.findLast(({ outcome }) => outcome === 'connected') ?? punches.at(-1);
  return dialled?.strategy;
}

/** A place that lies can make us dial one endpoint for each match, and not every endpoint. */
function expectDialable(
  { place }: MeetingContext,
  { visit, match: { mapped, peerMapped, here } }: Meeting,
): void {
  if (here === true || peerMapped === undefined) {
    return;
  }
  const refusal = mappedRefusal(peerMapped, { server: visit.remote, own: mapped });
  if (refusal === undefined) {
    return;
  }
  throw new PunchlineError(
    'ERR_RENDEZVOUS_PROTOCOL',
    `the rendezvous ${place.name} says that the peer is at ${formatEndpoint(peerMapped)}, which is ${refusal}`,
    { hint: 'It is broken, or not honest. Use another one.' },
  );
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

/** The failures that end a punch without a channel follow. */

/** Never resolves. Rejects when the greeting, or its absence, shows that no channel can come of this match. */
function failedGreeting(greeted: Promise<unknown>, { context, match, race, signal }: Steps): Promise<never> {
  const { waits } = context;
  const { role } = match;
  // A peer that tried another key has made the one guess of the room, so the room is not armed again.
  function vanished(cause?: unknown) {
    return race.guessed ? wrongCode(cause) : new PeerVanished(cause);
  }
  function withoutPlace(error: PunchlineError) {
    if (race.guessed) {
      return wrongCode(error);
    }
    // `b` has shown nothing yet, and the place is told that the room stays ours. So we come back to it.
    return role === 'b' && error.code === 'ERR_RENDEZVOUS_CLOSED' ? new PeerVanished(error) : error;
  }
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(() => {
      // `a` proves itself first. Until then `b` shows nothing, and waits no longer than this.
      if (role === 'b') {
        reject(vanished());
      }
    }, waits.sealMs);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
    greeted.then(
      () => clearTimeout(timer),
      (error: unknown) => {
        clearTimeout(timer);
        if (!(error instanceof PunchlineError)) {
          reject(error);
        } else if (error.code === 'ERR_PEER_LEFT') {
          reject(role === 'b' ? vanished(error) : error);
        } else if (error.code.startsWith('ERR_RENDEZVOUS_')) {
          // The place is gone, but the peer may not be. What is under way may still arrive.
          const grace = setTimeout(() => reject(withoutPlace(error)), waits.graceMs);
          signal.addEventListener('abort', () => clearTimeout(grace), { once: true });
        } else {
          reject(error);
        }
      },
    );
  });
}

interface Ways {
  readonly greeted: Promise<unknown>;
  readonly punching: Promise<void>;
  /** Resolves with why there is no relay, where that is known. */
  readonly relaying: Promise<string | undefined>;
}

/**
 * Never resolves. Rejects when the rounds are over, there is no relay either, and no socket can prove itself any
 * more.
 */
async function exhausted(
  { greeted, punching, relaying }: Ways,
  { context, match, race, relayOnly, mapped, attempts, signal }: Steps,
  facts: () => PairFacts,
): Promise<never> {
  function failure(noRelay: string | undefined) {
    const ended = attempts.filter(({ outcome }) => outcome !== 'started');
    if (match.here === true) {
      return hostFailure(noRelay);
    }
    if (mapped === undefined && !relayOnly) {
      return unseenFailure(match, noRelay);
    }
    return relayOnly || mapped === undefined
      ? relayFailure(noRelay)
      : punchFailure(mapped, ended, facts(), noRelay);
  }
  await punching;
  const noRelay = await relaying;
  // Until `a` has sealed, it may be a stranger who came for nothing. failedGreeting() decides that in time.
  if (match.role === 'b') {
    await greeted.catch(() => new Promise(() => undefined));
  }
  // If another key was tried, a seal will show it.
  if (race.idle && !race.guessed) {
    throw failure(noRelay);
  }
  try {
    await within(race.winner, context.waits.graceMs, signal);
  } catch (error) {
    if (error instanceof TimeoutError) {
      throw failure(noRelay);
    }
    throw error;
  }
  return new Promise(() => undefined);
}
