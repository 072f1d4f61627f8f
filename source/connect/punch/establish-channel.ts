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
import { Introduction, wrongCode, type Match } from '../rendezvous/signalling.ts';
import { manyListeners, pause, TimeoutError, within } from '../../network/waiting.ts';
import { pathOfMatch } from './path.ts';
import { pairFacts, type PairFacts, punchFailure, relayFailure } from './punch-failure.ts';
import { PeerVanished } from '../rendezvous/server-failure.ts';
import { punch } from './punch.ts';
import { Race, type Won } from './race.ts';
import type { Rendezvous } from '../rendezvous/rendezvous.ts';
import { Rounds } from './punch-rounds.ts';
import type { Waits } from '../connect-options.ts';

interface WinOptions {
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
export async function winChannel(options: WinOptions): Promise<WonChannel> {
  expectDialable(options);
  const over = new AbortController();
  const signal = manyListeners(AbortSignal.any([options.signal, over.signal]));
  try {
    return await win({ ...options, signal });
  } finally {
    over.abort();
  }
}

async function win(options: WinOptions): Promise<WonChannel> {
  const { rendezvous, match, emit, signal, attempts } = options;
  const { role, peerMapped } = match;
  const psk = Promise.withResolvers<Uint8Array>();
  function pathHere(remote: Endpoint) {
    return pathOfMatch(remote, { ...match, local: rendezvous.local });
  }
  const race = new Race({
    role,
    psk: psk.promise,
    pathTo: pathHere,
    received: options.received,
    onKeyTried: () => match.guess.spend(),
    signal,
  });
  function onSocket(socket: Socket, origin: SocketOrigin) {
    return race.enter(socket, origin);
  }
  const tried: AttemptEvent[] = [];
  function onAttempt(attempt: Omit<AttemptEvent, 'event'>) {
    const event: AttemptEvent = { event: 'attempt', ...attempt };
    if (event.outcome !== 'started') {
      tried.push(event);
    }
    emit(event);
  }

  /** Then nobody is dialled, and nobody is told where to dial us. */
  const relayOnly = options.relay === 'always';
  const mapped: Candidate = { kind: 'mapped', address: peerMapped.address, port: peerMapped.port };
  emit({ event: 'peer', role, candidates: relayOnly ? [] : [mapped] });

  const rounds = new Rounds(options);
  const introduced = Promise.withResolvers<Introduction>();
  const dialledAt = performance.now() + match.startInMs;
  // The SYN first: both sides' must cross.
  const punching = relayOnly
    ? Promise.resolve()
    : punch({
        family: rendezvous.family,
        address: peerMapped.address,
        attempts,
        round: (n) => (n === 1 ? rounds.first() : introduced.promise.then((one) => rounds.next(n, one))),
        onPlan: announcer(emit),
        onAttempt,
        onSocket,
        signal,
      });
  // The keys take ten milliseconds of this thread: not before the SYN has left.
  await pause(match.startInMs, signal);
  await turn();

  const keys = keysOf(match);
  // `a` proves itself first, by its seal and on each socket: whoever has its words may know it from now on.
  if (role === 'a') {
    match.guess.spend();
  }
  psk.resolve(keys.psk);
  const hosts =
    options.lan && !relayOnly
      ? await openHosts({ loopback: onLoopback(rendezvous), families: options.families, onSocket, signal })
      : noHosts;
  const hello: HelloMessage = {
    t: 'hello',
    mode: options.mode,
    hosts: [...hosts.candidates],
    observed: observedOf(match.mapped),
    spray: options.spray !== undefined,
    ...rounds.sprays,
    relay: options.relay,
    files: true,
    // Bounded as the peer expects it, who refuses a longer one.
    ...(options.name === undefined ? {} : { name: safeName(options.name) }),
  };
  const introduction = new Introduction({ rendezvous, match, keys, hello, signal });
  introduced.resolve(introduction);
  const greeted = introduction.hello.then((peer) => {
    expectMode(options.mode, peer.mode);
    if (options.lan && !relayOnly) {
      dialPeerHosts(peer, hosts, mapped, options, { onAttempt, onSocket });
    }
    return { peerName: safeName(peer.name ?? ''), takesFiles: peer.files === true };
  });

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
      failedGreeting(greeted, race, options),
      exhausted({ greeted, punching, relaying }, race, options, (noRelay) =>
        relayOnly ? relayFailure(noRelay) : punchFailure(mapped, tried, facts(), noRelay),
      ),
    ]);
    if (won.path !== 'relay' && won.remote.address === peerMapped.address) {
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
      pathTo: pathHere,
    };
  } catch (error) {
    // Also one that is won in the same moment, or only now turns out to be of no use.
    void race.winner.then(({ link }) => link.destroy());
    throw error;
  } finally {
    options.onFacts?.(facts());
  }
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

async function lateGreeting(greeted: Promise<Greeting>, { waits, signal }: WinOptions): Promise<Greeting> {
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
  peer: HelloMessage,
  own: Hosts,
  mapped: Candidate,
  { rendezvous, match, emit, signal }: WinOptions,
  handlers: {
    onAttempt(attempt: Omit<AttemptEvent, 'event'>): void;
    onSocket(socket: Socket, origin: SocketOrigin): void;
  },
): void {
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
  void dialHosts({ candidates, own, ...handlers, signal });
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
function expectDialable({ rendezvous, match: { mapped, peerMapped } }: WinOptions): void {
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
function failedGreeting(
  greeted: Promise<unknown>,
  race: Race,
  { match: { role }, waits, signal }: WinOptions,
): Promise<never> {
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
  race: Race,
  { match: { role }, waits, signal }: WinOptions,
  failure: (noRelay: string | undefined) => PunchlineError,
): Promise<never> {
  await punching;
  const noRelay = await relaying;
  // Until `a` has sealed, it may be a stranger who came for nothing: that is for failedGreeting() to tell, in time.
  if (role === 'b') {
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
