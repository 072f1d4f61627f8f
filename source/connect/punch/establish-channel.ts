import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import type { SocketOrigin } from '../../network/dial.ts';
import { ProtocolError, PunchlineError } from '../../errors.ts';
import type { AttemptEvent, Candidate, Endpoint, Family, Happening, Path, Role } from '../../events.ts';
import { addressClass } from '../../network/address.ts';
import { mappedRefusal, dialableHosts } from './plan/dialable.ts';
import { formatEndpoint } from '../../network/endpoint.ts';
import type { Keys } from '../keys/keys.ts';
import { dialsOf, type RoundPlan } from './plan/punch-plan.ts';
import type { MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import { safeName } from '../../text/safe-text.ts';
import type { RelayWish } from '../../protocol/relay-wish.ts';
import type { HelloMessage } from '../../protocol/sealed-messages.ts';
import type { SprayBudgets } from './plan/spray-budget.ts';
import { fallBack } from './relay-fallback.ts';
import { dialHosts, noHosts, openHosts, type Hosts } from './host-candidates.ts';
import { Signalling, wrongCode, type Match } from './signalling.ts';
import { manyListeners, pause, TimeoutError, within } from '../../network/waiting.ts';
import { pathOfMatch } from './path.ts';
import { pairFacts, type PairFacts, punchFailure, relayFailure } from './punch-failure.ts';
import { PeerVanished } from '../rendezvous/server-failure.ts';
import { punch } from './punch.ts';
import { Race, type Won } from './race.ts';
import type { Rendezvous } from '../rendezvous/rendezvous.ts';
import { Rounds } from './punch-rounds.ts';
import type { Waits } from '../connect-options.ts';

interface EstablishOptions {
  readonly rendezvous: Rendezvous;
  readonly match: Match;
  /** 16 random bytes that this session's connections to the rendezvous have in common. */
  readonly client: string;
  readonly mode: 'chat' | 'pipe';
  readonly name: string | undefined;
  readonly attempts: number;
  readonly lan: boolean;
  readonly relay: RelayWish;
  readonly families: readonly Family[];
  readonly freshPort: boolean;
  /** What this punch may spray, and what the session has left then; without one it does not. */
  readonly spray: SprayBudgets | undefined;
  /** How far the peer's stream has been read. */
  readonly received: () => number;
  readonly waits: Waits;
  /** Told once, at the end: what is known of both NATs by then. */
  readonly onFacts?: ((facts: PairFacts) => void) | undefined;
  readonly signal: AbortSignal;
  readonly emit: (happening: Happening) => void;
}

export interface WonChannel extends Won {
  /** As above. */
  readonly client: string;
  readonly role: Role;
  readonly keys: Keys;
  readonly peerName: string;
  /** Whether the peer understands the stream of files. */
  readonly takesFiles: boolean;
  readonly spray: SprayBudgets | undefined;
  /** The rendezvous as it was reached. */
  readonly server: Endpoint;
  /** Where it listens for probes, as far as is known. */
  readonly probePort: number;
  /** How a channel to an endpoint runs, as far as this meeting knows. */
  readonly pathTo: (remote: Endpoint) => Path;
  /** When the first SYN left, by performance.now(). */
  readonly dialledAt: number;
}

/**
 * From a match to the one proven channel. Throws ERR_WRONG_CODE,
 * ERR_MODE_MISMATCH, ERR_PUNCH_FAILED, PeerVanished or what the rendezvous
 * says; whatever the end, no other socket, timer or listener stays.
 */
export async function establishChannel(options: EstablishOptions): Promise<WonChannel> {
  expectDialable(options);
  const over = new AbortController();
  const signal = manyListeners(AbortSignal.any([options.signal, over.signal]));
  try {
    return await win({ ...options, signal });
  } finally {
    over.abort();
  }
}

async function win(options: EstablishOptions): Promise<WonChannel> {
  const { rendezvous, match, emit, signal } = options;
  const { role } = match;
  const meeting = new Meeting(options);
  const { race, rounds, relayOnly, mapped, onSocket } = meeting;
  emit({ event: 'peer', role, candidates: relayOnly ? [] : [mapped] });

  const introduced = Promise.withResolvers<Signalling>();
  const dialledAt = performance.now() + match.startInMs;
  // The SYN first: both sides' must cross.
  const punching = relayOnly ? Promise.resolve() : punchRounds(meeting, introduced.promise);
  // The keys take ten milliseconds of this thread: not before the SYN has left.
  await pause(match.startInMs, signal);
  await turn();

  const keys = keysOf(match);
  // `a` proves itself first, by its seal and on each socket: whoever has its words may know it from now on.
  if (role === 'a') {
    match.guess.spend();
  }
  meeting.psk.resolve(keys.psk);
  const hosts =
    options.lan && !relayOnly
      ? await openHosts({ loopback: onLoopback(rendezvous), families: options.families, onSocket, signal })
      : noHosts;
  const hello = helloOf(meeting, hosts);
  const introduction = new Signalling({ rendezvous, match, keys, hello, signal });
  introduced.resolve(introduction);
  const greeted = greet(meeting, introduction, hosts);

  function facts() {
    return pairFacts({ ...options, own: hello, observed: rounds.observed, introduction });
  }
  const relaying = fallBack({
    ...options,
    wish: options.relay,
    hello: introduction.hello,
    punching,
    facts,
    dialledAt,
    onSocket,
  });

  try {
    const won = await Promise.race([
      race.winner,
      failedGreeting(greeted, meeting),
      exhausted({ greeted, punching, relaying }, meeting, facts),
    ]);
    if (won.path !== 'relay' && won.remote.address === mapped.address) {
      rounds.proven();
    }
    const greeting = await lateGreeting(greeted, options);
    const { spray, client } = options;
    return {
      ...won,
      client,
      role,
      keys,
      spray,
      dialledAt,
      ...greeting,
      server: rendezvous.remote,
      probePort: rendezvous.probing.port,
      pathTo: meeting.pathTo,
    };
  } catch (error) {
    // Also one that is won in the same moment, or only now turns out to be of no use.
    void race.winner.then(({ link }) => link.destroy());
    throw error;
  } finally {
    options.onFacts?.(facts());
  }
}

/** What the steps from a match to its channel share. */
class Meeting {
  readonly options: EstablishOptions;
  /** Then nobody is dialled, and nobody is told where to dial us. */
  readonly relayOnly: boolean;
  /** Where the rendezvous has seen the peer. */
  readonly mapped: Candidate;
  /** Of the keys, once they are derived: no socket proves itself before. */
  readonly psk = Promise.withResolvers<Uint8Array>();
  readonly race: Race;
  readonly rounds: Rounds;
  /** Attempts that have ended. */
  readonly tried: AttemptEvent[] = [];

  constructor(options: EstablishOptions) {
    const { address, port } = options.match.peerMapped;
    this.options = options;
    this.relayOnly = options.relay === 'always';
    this.mapped = { kind: 'mapped', address, port };
    this.race = new Race({
      role: options.match.role,
      psk: this.psk.promise,
      pathTo: this.pathTo,
      received: options.received,
      onKeyTried: () => options.match.guess.spend(),
      signal: options.signal,
    });
    this.rounds = new Rounds(options);
  }

  readonly pathTo = (remote: Endpoint): Path => {
    const { match, rendezvous } = this.options;
    return pathOfMatch(remote, { ...match, local: rendezvous.local });
  };

  readonly onSocket = (socket: Socket, origin: SocketOrigin): void => {
    this.race.enter(socket, origin);
  };

  readonly onAttempt = (attempt: Omit<AttemptEvent, 'event'>): void => {
    const event: AttemptEvent = { event: 'attempt', ...attempt };
    if (event.outcome !== 'started') {
      this.tried.push(event);
    }
    this.options.emit(event);
  };
}

/** The first round begins at once, the others once the peers can agree on them. */
function punchRounds(
  { options, rounds, mapped, onAttempt, onSocket }: Meeting,
  introduced: Promise<Signalling>,
): Promise<void> {
  return punch({
    family: options.rendezvous.family,
    address: mapped.address,
    attempts: options.attempts,
    round: (n) => (n === 1 ? rounds.first() : introduced.then((one) => rounds.next(n, one))),
    onPlan: announcer(options.emit),
    onAttempt,
    onSocket,
    signal: options.signal,
  });
}

function helloOf({ options, rounds }: Meeting, hosts: Hosts): HelloMessage {
  return {
    t: 'hello',
    mode: options.mode,
    hosts: [...hosts.candidates],
    observed: observedOf(options.match.mapped),
    spray: options.spray !== undefined,
    ...rounds.sprays,
    relay: options.relay,
    files: true,
    // Bounded as the peer expects it, who refuses a longer one.
    ...(options.name === undefined ? {} : { name: safeName(options.name) }),
  };
}

/** A share that is none shows nothing but that its sender is no peer: no guess was spent on it. */
function keysOf({ role, deriveKeys }: Match): Keys {
  try {
    return deriveKeys();
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) {
      throw cause;
    }
    throw role === 'b' ? new PeerVanished(cause) : wrongCode(cause);
  }
}

/** What the peer tells of itself. */
type Greeting = Pick<WonChannel, 'peerName' | 'takesFiles'>;

/** Once the peer has said where it is on our own networks, it is dialled there, too. Throws ERR_MODE_MISMATCH. */
async function greet(meeting: Meeting, introduction: Signalling, hosts: Hosts): Promise<Greeting> {
  const { options, relayOnly } = meeting;
  const peer = await introduction.hello;
  expectMode(options.mode, peer.mode);
  if (options.lan && !relayOnly) {
    dialPeerHosts(meeting, peer, hosts);
  }
  return { peerName: safeName(peer.name ?? ''), takesFiles: peer.files === true };
}

async function lateGreeting(
  greeted: Promise<Greeting>,
  { waits, signal }: EstablishOptions,
): Promise<Greeting> {
  try {
    return await within(greeted, waits.lateHelloMs, signal);
  } catch (error) {
    // The channel is proven: that the rendezvous went before the greeting came harms nobody.
    const isMissing =
      error instanceof TimeoutError ||
      (error instanceof PunchlineError && error.code.startsWith('ERR_RENDEZVOUS_'));
    if (isMissing) {
      return { peerName: safeName(''), takesFiles: false };
    }
    throw error;
  }
}

function dialPeerHosts(
  { options, mapped, onAttempt, onSocket }: Meeting,
  peer: HelloMessage,
  own: Hosts,
): void {
  const { rendezvous, match, emit, signal } = options;
  const candidates = dialableHosts(peer.hosts, {
    loopbackAllowed: onLoopback(rendezvous),
    server: rendezvous.remote,
    own: own.candidates,
  });
  if (candidates.length === 0) {
    return;
  }
  const listed = candidates.map((one): Candidate => ({ kind: 'host', ...one }));
  emit({ event: 'peer', role: match.role, candidates: [mapped, ...listed] });
  emit({ event: 'plan', strategy: 'host', dials: candidates.length });
  void dialHosts({ candidates, own, onAttempt, onSocket, signal });
}

function observedOf({ port, probePort }: MappedEndpoint): { port: number; probePort?: number } {
  return probePort === undefined ? { port } : { port, probePort };
}

/** Tells the plan of a round where it is another than before. */
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

function onLoopback({ remote }: Rendezvous): boolean {
  return addressClass(remote.address) === 'loopback';
}

/** A rendezvous that lies can make us dial one endpoint for each match, but not any. */
function expectDialable({ rendezvous, match: { mapped, peerMapped } }: EstablishOptions): void {
  const refusal = mappedRefusal(peerMapped, { server: rendezvous.remote, own: mapped });
  if (refusal === undefined) {
    return;
  }
  throw new PunchlineError(
    'ERR_RENDEZVOUS_PROTOCOL',
    `the rendezvous ${rendezvous.server} says that the peer is at ${formatEndpoint(peerMapped)}, which is ${refusal}`,
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

/** What ends a punch without a channel. */

/** Never resolves: it rejects when the greeting shows that no channel can come of this match. */
function failedGreeting(greeted: Promise<unknown>, { options, race }: Meeting): Promise<never> {
  const { match, waits, signal } = options;
  const { role } = match;
  // Who tried a key has had the one guess of the room, without any seal: it is not armed again.
  function vanished(cause?: unknown) {
    return race.guessed ? wrongCode(cause) : new PeerVanished(cause);
  }
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(() => {
      // `a` proves itself first; until it has, `b` shows nothing, and waits no longer than this.
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
          // The server is gone, the peer may not be: what is under way may still arrive.
          const grace = setTimeout(() => reject(race.guessed ? wrongCode(error) : error), waits.graceMs);
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
  /** Why there is no relay, where that is known. */
  readonly relaying: Promise<string | undefined>;
}

/**
 * Never resolves: it rejects when the rounds are over, there is no relay either, and nothing is on its way to be
 * proven any more.
 */
async function exhausted(
  { greeted, punching, relaying }: Ways,
  { options, race, relayOnly, mapped, tried }: Meeting,
  facts: () => PairFacts,
): Promise<never> {
  const { match, waits, signal } = options;
  function failure(noRelay: string | undefined) {
    return relayOnly ? relayFailure(noRelay) : punchFailure(mapped, tried, facts(), noRelay);
  }
  await punching;
  const noRelay = await relaying;
  // Until `a` has sealed, it may be a stranger who came for nothing: that is for failedGreeting() to tell, in time.
  if (match.role === 'b') {
    await greeted.catch(() => new Promise(() => undefined));
  }
  // Where another key was tried, a seal is about to say so.
  if (race.idle && !race.guessed) {
    throw failure(noRelay);
  }
  try {
    await within(race.winner, waits.graceMs, signal);
  } catch (error) {
    if (error instanceof TimeoutError) {
      throw failure(noRelay);
    }
    throw error;
  }
  return new Promise(() => undefined);
}
