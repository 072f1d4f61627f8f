import type { Socket } from 'node:net';
import type { AttemptEvent, AttemptOutcome, Endpoint } from '../events.ts';
import { dial } from './dial.ts';
import { listen } from './listen.ts';
import { pause } from './pause.ts';
import { punchFailure } from './punch-failure.ts';

/** The exercise dials once a second. */
const DIAL_EVERY_MS = 1000;
/** A dial that is not answered lives through the kernel's SYNs at 0, 1 and 3 s. */
const PATIENCE_MS = 3000;

export interface ClassicPunchOptions {
  readonly peer: Endpoint;
  /** From which the server was met: the port that the peer was told. */
  readonly localPort: number;
  readonly attempts: number;
  readonly onAttempt: (attempt: AttemptEvent) => void;
  readonly signal: AbortSignal;
}

/** The first arrival: dials the second, again and again. Throws ERR_PUNCH_FAILED, or the signal's reason. */
export async function dialSecond({
  peer,
  localPort,
  attempts,
  onAttempt,
  signal,
}: ClassicPunchOptions): Promise<Socket> {
  const tried: AttemptEvent[] = [];
  for (let n = 1; n <= attempts; n += 1) {
    const report = reporter(peer, n, attempts, onAttempt);
    report('started', 0);
    const { outcome, socket, ms } = await dial({
      to: peer,
      family: 4,
      localPort,
      patienceMs: PATIENCE_MS,
      signal,
    });
    tried.push(report(outcome, ms));
    if (socket !== undefined) return socket;
    signal.throwIfAborted();
    if (n < attempts) await pause(DIAL_EVERY_MS - ms, signal);
    signal.throwIfAborted();
  }
  throw punchFailure(peer, tried);
}

/**
 * The second arrival: dials the first once, which opens our own NAT, and waits
 * on the same port to be dialled. Throws ERR_PUNCH_FAILED, or the signal's reason.
 */
export async function awaitFirst({
  peer,
  localPort,
  attempts,
  onAttempt,
  signal,
}: ClassicPunchOptions): Promise<Socket> {
  const tried: AttemptEvent[] = [];
  const accepted = Promise.withResolvers<Socket>();
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  try {
    const report = reporter(peer, 1, 1, onAttempt);
    // An old server hands out port 0 for the first: then there is nothing to dial.
    const dialling =
      peer.port === 0
        ? undefined
        : dial({ to: peer, family: 4, localPort, patienceMs: PATIENCE_MS, signal: ended });
    if (dialling !== undefined) report('started', 0);
    const listener = await listen({
      address: '0.0.0.0',
      port: localPort,
      family: 4,
      onSocket: (socket) => accepted.resolve(socket),
    });
    ended.addEventListener('abort', () => listener.close(), { once: true });
    void dialling?.then(({ outcome, socket, ms }) => {
      if (outcome !== 'abandoned') tried.push(report(outcome, ms));
      if (socket !== undefined) accepted.resolve(socket);
    });
    // The first dials as often as it likes; an unanswered dial of the old client takes its time.
    const waiting = pause(attempts * (DIAL_EVERY_MS + PATIENCE_MS), ended).then(() => undefined);
    const socket = await Promise.race([accepted.promise, waiting]);
    signal.throwIfAborted();
    if (socket === undefined) throw punchFailure(peer, tried);
    return socket;
  } finally {
    over.abort();
  }
}

function reporter(
  { address, port }: Endpoint,
  n: number,
  of: number,
  onAttempt: (attempt: AttemptEvent) => void,
): (outcome: AttemptOutcome, ms: number) => AttemptEvent {
  return (outcome, ms) => {
    const attempt: AttemptEvent = { event: 'attempt', n, of, kind: 'mapped', address, port, outcome, ms };
    onAttempt(attempt);
    return attempt;
  };
}
