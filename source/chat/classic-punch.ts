import type { Socket } from 'node:net';
import { PunchlineError } from '../errors.ts';
import type { AttemptEvent, AttemptOutcome, Endpoint } from '../events.ts';
import { formatEndpoint } from '../network/endpoint.ts';
import { dial } from '../network/dial.ts';
import { listen } from '../network/listen.ts';
import { anyAddress } from '../network/nat64/translation.ts';
import { pause } from '../network/waiting.ts';
import { punchFailure } from '../connect/punch/punch-failure.ts';

/** The old program dials once a second. */
const DIAL_EVERY_MS = 1000;
/** How long a dial waits for an answer: the kernel sends SYNs at 0, 1 and 3 s. */
const PATIENCE_MS = 3000;

export interface ClassicPunchOptions {
  /** The port from which the server was met. The peer was told its mapped endpoint. */
  readonly localPort: number;
  readonly attempts: number;
  readonly onAttempt: (attempt: AttemptEvent) => void;
  readonly signal: AbortSignal;
}

/** Dials the second arrival again and again, as the first does. Throws ERR_PUNCH_FAILED, or the signal's reason. */
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
 * Waits for the first arrival to dial, as the second does. If the endpoint of
 * the first is known, it is dialled once: that opens our own NAT. Throws
 * ERR_PUNCH_FAILED, or the signal's reason.
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
      dialling = dial({ to: peer, localPort, patienceMs: PATIENCE_MS, signal: ended }).then(
        ({ outcome, socket, ms }) => {
          report(outcome, ms);
          if (socket !== undefined) {
            take(socket);
          }
        },
      );
    }
    const listener = await listen({ address: anyAddress(4), port: localPort, family: 4, onSocket: take });
    ended.addEventListener('abort', () => listener.close(), { once: true });
    if (ended.aborted) {
      listener.close();
    }
    // The first side may have as many attempts, and each may be an unanswered dial and a pause.
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
      hint: 'The old program dials from another port than the one that the server saw, and that opens no NAT: let a newer Punchline come first, or leave --classic out on both sides.',
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
