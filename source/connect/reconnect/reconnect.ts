import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../../errors.ts';
import type { Family, Happening, Role } from '../../events.ts';
import { Guess } from '../keys/guess.ts';
import { formatServer, type Server } from '../../network/endpoint.ts';
import { deriveResumeKeys, NONCE_BYTES, resumeRoom, type Keys } from '../keys/keys.ts';
import type { RelayWish } from '../../protocol/relay-wish.ts';
import { RetryDelay } from './retry-delay.ts';
import type { SprayBudgets } from '../punch/plan/spray-budget.ts';
import { RENDEZVOUS_VERSION } from '../../protocol/rendezvous-messages.ts';
import { doneMessage } from '../punch/report-outcome.ts';
import { readMatch, type Match } from '../punch/signalling.ts';
import type { PairFacts } from '../punch/punch-failure.ts';
import { pause } from '../../network/waiting.ts';
import { Rendezvous } from '../rendezvous/rendezvous.ts';
import { answer } from '../rendezvous/room.ts';
import { outOfTurn } from '../rendezvous/server-failure.ts';
import { defaultWaits, type Waits, type ConnectOptions } from '../connect-options.ts';
import { establishChannel, type WonChannel } from '../punch/establish-channel.ts';
import { monitorNetwork } from '../../network/network-monitor.ts';

/** While the link is cut, SYNs wait ever longer: a fresh dial each second comes back first (measured: 1.1 s). */
const DIAL_EVERY_MS = 1000;
/** Dials under way at once: each lives for 8 s at most. */
const MAX_DIALS = 8;
/** How often the server is asked whether it is still there, and how long it may take. */
const PULSE_MS = 1000;
const PULSE_TIMEOUT_MS = 2000;
/** A handshake that took so long was answered to a SYN that was sent again (RFC 6298), and measures the cut, not the way. */
const REPEATED_SYN_MS = 900;
/** Rounds of punching before the rendezvous is met anew: either side's network may have changed since. */
const ATTEMPTS = 3;

export interface ReconnectOptions {
  /** How long to wait before the rendezvous is dialled. */
  readonly delayMs: number;
  readonly server: Server;
  readonly probePort?: number | undefined;
  readonly family?: Family | undefined;
  readonly lan: boolean;
  readonly relay: RelayWish;
  readonly freshPort: boolean;
  readonly mode: 'chat' | 'pipe';
  /** That of the session's connections to the rendezvous before: what it grants to a session, it knows by it. */
  readonly client: string;
  readonly role: Role;
  readonly root: Uint8Array;
  /** What the session has left of them. */
  readonly spray: SprayBudgets | undefined;
  readonly received: () => number;
  /** Whether the rendezvous is told, for its figures, between which kinds of NAT; default true. */
  readonly report?: boolean | undefined;
  readonly waits?: Partial<Waits> | undefined;
  readonly signal: AbortSignal;
  readonly emit: (happening: Happening) => void;
}

/**
 * A new channel for a session that has lost its own, in a room that only the
 * two can name, from new ports, with keys from the root. Tries until it has
 * one; rejects with the signal's reason alone.
 */
export async function reconnect(options: ReconnectOptions): Promise<WonChannel> {
  const { signal } = options;
  const delay = new RetryDelay();
  await pause(options.delayMs, signal);
  for (;;) {
    try {
      return await reconnectOnce(options, () => delay.met(performance.now()));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PunchlineError)) {
        throw error;
      }
      if (isOffline(error)) {
        delay.offline();
      }
      await pause(delay.nextMs(performance.now(), Math.random()), signal);
      signal.throwIfAborted();
    }
  }
}

/** Our own network says no: the server hears nothing of it, and the way may be free in a moment. */
function isOffline({ cause }: PunchlineError): boolean {
  return cause instanceof Error && 'code' in cause && offline.has(String(cause.code));
}

const offline = new Set(['ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAI_AGAIN']);

async function reconnectOnce(options: ReconnectOptions, onMet: () => void): Promise<WonChannel> {
  const { server, family, emit, signal, report = true } = options;
  const name = formatServer(server);
  emit({ event: 'rendezvous', state: 'connecting', server: name });
  const rendezvous = await dialInTurns(options);
  try {
    return await whileAlive(rendezvous, signal, async (alive) => {
      const match = await meetInRoom(rendezvous, { ...options, signal: alive }, onMet);
      emit({
        event: 'rendezvous',
        state: 'matched',
        server: name,
        mapped: { address: match.mapped.address, port: match.mapped.port },
      });
      let nats: PairFacts | undefined;
      const won = await establishChannel({
        ...options,
        rendezvous,
        match,
        name: undefined,
        attempts: ATTEMPTS,
        families: family === undefined ? [4, 6] : [family],
        waits: { ...defaultWaits, ...options.waits },
        onFacts: (facts) => {
          nats = facts;
        },
        signal: alive,
      });
      rendezvous.send(doneMessage('punched', report, { path: won.path, nats }));
      return won;
    });
  } finally {
    rendezvous.close();
    emit({ event: 'rendezvous', state: 'closed', server: name });
  }
}

/** Starts a dial each second until one is through. Rejects when one failed and no other is under way. */
function dialInTurns({ server, family, probePort, signal }: ReconnectOptions): Promise<Rendezvous> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  return new Promise((resolve, reject) => {
    let underWay = 0;
    function start() {
      if (underWay >= MAX_DIALS) {
        return;
      }
      underWay += 1;
      Rendezvous.dial({ server, family, probePort, signal: either }).then(
        (rendezvous) => {
          if (over.signal.aborted) {
            rendezvous.destroy();
          } else {
            end(() => resolve(rendezvous));
          }
        },
        (error: unknown) => {
          underWay -= 1;
          if (underWay === 0 && !over.signal.aborted) {
            end(() => reject(error));
          }
        },
      );
    }
    function end(tell: () => void) {
      clearInterval(timer);
      over.abort();
      tell();
    }
    const timer = setInterval(start, DIAL_EVERY_MS);
    start();
  });
}

async function meetInRoom(
  rendezvous: Rendezvous,
  options: ReconnectOptions,
  onMet: () => void,
): Promise<Match> {
  const { client, role, root, signal, server, emit } = options;
  const { answerMs } = { ...defaultWaits, ...options.waits };
  const nonce = randomBytes(NONCE_BYTES);
  // By what we say here the server times the peer's SYN, up to two seconds later than ours.
  if (rendezvous.rttMs >= REPEATED_SYN_MS) {
    await rendezvous.measure(PULSE_TIMEOUT_MS);
  }
  signal.throwIfAborted();
  rendezvous.send({
    t: 'join',
    v: RENDEZVOUS_VERSION,
    room: Buffer.from(resumeRoom(root)).toString('base64url'),
    slot: role,
    client,
    nonce: nonce.toString('base64url'),
    rttMs: rendezvous.rttMs,
    probeToken: rendezvous.probing.token,
    follows: true,
  });
  let message = await answer(rendezvous, answerMs, signal);
  onMet();
  if (message.t === 'waiting') {
    const { address, port } = message.you;
    emit({ event: 'rendezvous', state: 'waiting', server: formatServer(server), mapped: { address, port } });
    message = await rendezvous.receive(signal);
  }
  // The roles stay as they were: they say who holds which key.
  if (message.t !== 'matched' || message.role !== role) {
    throw outOfTurn(message, rendezvous.server);
  }
  const theirs = Buffer.from(message.peer.nonce, 'base64url');
  const [nonceA, nonceB] = role === 'a' ? [nonce, theirs] : [theirs, nonce];
  return readMatch(message, new Guess(), (): Keys => deriveResumeKeys({ root, nonceA, nonceB }));
}

/**
 * What is to come of a meeting, as long as the server is there. The peer may
 * take minutes; but a server that has become unreachable, or has sent us away,
 * must be noticed within seconds: our link may be back since.
 */
async function whileAlive(
  rendezvous: Rendezvous,
  signal: AbortSignal,
  work: (alive: AbortSignal) => Promise<WonChannel>,
): Promise<WonChannel> {
  const over = new AbortController();
  const alive = AbortSignal.any([signal, over.signal]);
  const working = work(alive);
  try {
    return await Promise.race([working, silenceOf(rendezvous, alive)]);
  } catch (error) {
    // Also one that is won in the same moment.
    void working.then(
      ({ link }) => link.destroy(),
      () => undefined,
    );
    throw error;
  } finally {
    over.abort();
  }
}

/** Rejects when the server is gone or answers no more. */
async function silenceOf(rendezvous: Rendezvous, signal: AbortSignal): Promise<never> {
  for (;;) {
    await pause(PULSE_MS, signal);
    signal.throwIfAborted();
    if (await rendezvous.answers(PULSE_TIMEOUT_MS)) {
      continue;
    }
    signal.throwIfAborted();
    throw new PunchlineError(
      'ERR_RENDEZVOUS_CLOSED',
      `the rendezvous ${rendezvous.server} does not answer any more`,
    );
  }
}

interface WayBackListener {
  /** How far the peer's stream has been read. */
  readonly received: () => number;
  readonly onHappening: (happening: Happening) => void;
  readonly onWon: (channel: WonChannel) => void;
  /** Something that is not supposed to happen: what is, is tried again. */
  readonly onBug: (error: Error) => void;
}

/** The search for another channel, which may be called off when the old one revives. */
export class WayBack {
  readonly #options: ConnectOptions;
  readonly #listener: WayBackListener;
  #search: AbortController | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(options: ConnectOptions, listener: WayBackListener) {
    this.#options = options;
    this.#listener = listener;
  }

  get underWay(): boolean {
    return this.#search !== undefined;
  }

  /** Goes back to the rendezvous after `delayMs`, in the role and with the root of the first channel. */
  start(lost: WonChannel, delayMs: number): void {
    this.#seek(lost, delayMs);
    // What is under way ends nowhere when this machine was asleep, or has moved: from the beginning, without delay.
    this.#stopWatching = monitorNetwork(() => {
      this.#search?.abort();
      this.#seek(lost, 0);
    });
  }

  stop(): void {
    this.#search?.abort();
    this.#end();
  }

  #end(): void {
    this.#search = undefined;
    this.#stopWatching?.();
  }

  #seek({ role, client, probePort, keys: { root }, spray }: WonChannel, delayMs: number): void {
    const search = new AbortController();
    const { signal } = search;
    this.#search = search;
    const {
      server,
      family,
      lan = true,
      relay = 'auto',
      freshPort = false,
      mode = 'pipe',
      report,
      waits,
    } = this.#options;
    const { received, onHappening, onWon, onBug } = this.#listener;
    reconnect({
      delayMs,
      server,
      probePort,
      family,
      lan,
      relay,
      freshPort,
      mode,
      report,
      waits,
      client,
      role,
      root,
      spray,
      received,
      signal,
      emit: (happening) => {
        if (!signal.aborted) {
          onHappening(happening);
        }
      },
    }).then(
      (channel) => {
        if (signal.aborted) {
          channel.link.destroy();
          return;
        }
        this.#end();
        onWon(channel);
      },
      (error: unknown) => {
        if (!signal.aborted) {
          onBug(error instanceof Error ? error : new Error(String(error)));
        }
      },
    );
  }
}
