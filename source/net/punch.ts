import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { AttemptEvent, AttemptOutcome, Endpoint, Family } from '../events.ts';
import { dial } from './dial.ts';
import { listen, type Listener } from './listen.ts';
import { anyAddress, remoteEndpoint } from './sockets.ts';
import { pause } from './pause.ts';

/**
 * How long a round bears silence. The kernel sends its SYN at 0, 1 and 3 s;
 * RFC 5382 REQ-4 has NATs stay silent on an unsolicited SYN for 6 s, so that a
 * later SYN of ours may still make the earlier one of the peer welcome.
 */
const PATIENCE_MS = 3000;
/** How long a round answers refusals with new dials: both sides' SYNs cross within one of them or not at all. */
const REDIAL_MS = 400;
/**
 * A refusal this fast means a peer so near that two SYNs hardly ever cross.
 * Then the listeners must find each other: we listen for a moment between
 * dials, each side for a random one, so that they do not stay in step.
 */
const NEAR_MS = 10;
const NEAR_PAUSE_MS = { min: 5, spread: 25 };

export interface PunchOptions {
  readonly family: Family;
  /** The one from which the rendezvous was met: its mapping is what the peer knows. */
  readonly localPort: number;
  readonly mapped: Endpoint;
  readonly attempts: number;
  /** When the first round begins, in ms from now. */
  readonly startInMs: number;
  /** When round `n` (from 2) begins, in ms from its answer: both sides agree on it through the rendezvous. */
  readonly nextStart: (n: number) => Promise<number>;
  readonly onAttempt: (attempt: Omit<AttemptEvent, 'event'>) => void;
  /** A connection, dialled or accepted, that has proven nothing yet. The receiver owns it. */
  readonly onSocket: (socket: Socket) => void;
  /** Aborted once a channel is won, or nothing more is wanted: everything here ends, except sockets given away. */
  readonly signal: AbortSignal;
}

/**
 * Simultaneous open from one port, in rounds: dial the peer's mapped endpoint,
 * then listen on the same port (in this order: a dial from a port on which
 * something listens fails). Resolves when all rounds are over.
 */
export async function punch(options: PunchOptions): Promise<void> {
  const { attempts, signal } = options;
  for (let n = 1; n <= attempts && !signal.aborted; n += 1) {
    await pause(n === 1 ? options.startInMs : await options.nextStart(n), signal);
    if (signal.aborted) return;
    await playRound(n, options);
  }
}

async function playRound(n: number, options: PunchOptions): Promise<void> {
  const { attempts, mapped, onAttempt, signal } = options;
  const startedAt = performance.now();
  const report = (outcome: AttemptOutcome, dials: number) =>
    onAttempt({
      n,
      of: attempts,
      kind: 'mapped',
      address: mapped.address,
      port: mapped.port,
      outcome,
      ms: Math.round(performance.now() - startedAt),
      // One dial is what an attempt is; more are worth a word.
      ...(dials > 1 ? { dials } : {}),
    });

  report('started', 1);
  for (let dials = 1; ; dials += 1) {
    const { outcome, listener } = await dialThenListen(options);
    const over = outcome !== 'refused' || performance.now() - startedAt >= REDIAL_MS || signal.aborted;
    if (over) report(signal.aborted ? 'abandoned' : outcome, dials);
    // What was connected must still prove itself, and the peer may have reached the listener instead.
    if (outcome === 'connected') await pause(PATIENCE_MS, signal);
    listener?.close();
    if (over) return;
  }
}

/** Ends when the dial has; the listener is open until the caller closes it. */
async function dialThenListen(
  options: PunchOptions,
): Promise<{ outcome: Exclude<AttemptOutcome, 'started'>; listener: Listener | undefined }> {
  const { family, localPort, mapped, onSocket, signal } = options;
  // The SYN leaves before anything else is done.
  const dialling = dial({ to: mapped, family, localPort, patienceMs: PATIENCE_MS, signal });
  let reached = false;
  const accept = (socket: Socket) => {
    // No second connection between the same two ports can be dialled while this one lives.
    const remote = remoteEndpoint(socket);
    if (remote.address === mapped.address && remote.port === mapped.port) reached = true;
    onSocket(socket);
  };
  // Another program may hold the port on another address: then the dial alone must do.
  const listening = listen({ address: anyAddress(family), port: localPort, family, onSocket: accept }).catch(
    () => undefined,
  );
  const { outcome, socket, ms } = await dialling;
  if (socket !== undefined) onSocket(socket);
  const listener = await listening;
  if (outcome === 'refused' && ms < NEAR_MS) {
    await pause(NEAR_PAUSE_MS.min + Math.random() * NEAR_PAUSE_MS.spread, signal);
  }
  return { outcome: reached ? 'connected' : outcome, listener };
}
