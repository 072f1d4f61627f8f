import type { Socket } from 'node:net';
import { PunchlineError } from '../errors.ts';
import type { AttemptEvent, AttemptOutcome, Endpoint } from '../events.ts';
import { formatEndpoint } from '../network/endpoint.ts';
import { dial } from '../network/dial.ts';
import { listen } from '../network/listen.ts';
import { pause } from '../network/waiting.ts';
import { punchFailure } from '../connect/punch/punch-failure.ts';

/** The exercise dials once a second. */
const DIAL_EVERY_MS = 1000;
/** A dial that is not answered lives through the kernel's SYNs at 0, 1 and 3 s. */
const PATIENCE_MS = 3000;

export interface ClassicPunchOptions {
  /** From which the server was met: the port that the peer was told. */
  readonly localPort: number;
  readonly attempts: number;
  readonly onAttempt: (attempt: AttemptEvent) => void;
  readonly signal: AbortSignal;
}

/** The first arrival: dials the second, again and again. Throws ERR_PUNCH_FAILED, or the signal's reason. */
export async function dialSecond(
  peer: Endpoint,
  { localPort, attempts, onAttempt, signal }: ClassicPunchOptions,
): Promise<Socket> {
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
    if (socket !== undefined) {
      return socket;
    }
    signal.throwIfAborted();
    if (n < attempts) {
      await pause(DIAL_EVERY_MS - ms, signal);
    }
    signal.throwIfAborted();
  }
  throw punchFailure(peer, tried);
}

/**
 * The second arrival: dials the first once, if it is known, which opens our own
 * NAT, and waits on the same port to be dialled. Throws ERR_PUNCH_FAILED, or
 * the signal's reason.
 */
export async function awaitFirst(
  peer: Endpoint | undefined,
  { localPort, attempts, onAttempt, signal }: ClassicPunchOptions,
): Promise<Socket> {
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  const won = Promise.withResolvers<Socket>();
  let taken = false;
  function take(socket: Socket) {
    if (taken) {
      socket.destroy();
    } else {
      won.resolve(socket);
    }
    taken = true;
  }
  let dialling: Promise<void> | undefined;
  try {
    if (peer !== undefined) {
      const report = reporter(peer, 1, 1, onAttempt);
      report('started', 0);
      dialling = dial({ to: peer, family: 4, localPort, patienceMs: PATIENCE_MS, signal: ended }).then(
        ({ outcome, socket, ms }) => {
          report(outcome, ms);
          if (socket !== undefined) {
            take(socket);
          }
        },
      );
    }
    const listener = await listen({ address: '0.0.0.0', port: localPort, family: 4, onSocket: take });
    ended.addEventListener('abort', () => listener.close(), { once: true });
    if (ended.aborted) {
      listener.close();
    }
    // The first dials as often as it likes; an unanswered dial of the old client takes its time.
    const patienceMs = attempts * (DIAL_EVERY_MS + PATIENCE_MS);
    const socket = await Promise.race([won.promise, pause(patienceMs, ended).then(() => undefined)]);
    signal.throwIfAborted();
    if (socket === undefined) {
      throw nobodyDialled(peer, localPort, patienceMs);
    }
    return socket;
  } finally {
    taken = true;
    over.abort();
    await dialling;
  }
}

function nobodyDialled(peer: Endpoint | undefined, localPort: number, patienceMs: number): PunchlineError {
  const who = peer === undefined ? 'the first peer' : `the first peer, ${formatEndpoint(peer)},`;
  return new PunchlineError(
    'ERR_PUNCH_FAILED',
    `${who} did not get through to our port ${localPort} within ${patienceMs / 1000} s`,
    {
      hint: 'The old program dials from another port than the one it was met at, which opens no NAT: let a newer Punchline come first, or leave --classic out on both sides.',
    },
  );
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
