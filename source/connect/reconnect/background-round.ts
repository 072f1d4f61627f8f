import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { AttemptEvent, Endpoint, Family, Path, Role } from '../../events.ts';
import { addressClass, familyOf } from '../../network/address.ts';
import { dialableHosts, mappedRefusal } from '../punch/plan/dialable.ts';
import { deriveResumeKeys, NONCE_BYTES } from '../keys/keys.ts';
import type { RoundPayload, MappedCandidate } from '../session/wire/round-payload.ts';
import type { SocketOrigin } from '../../network/dial.ts';
import { dialHosts, noHosts, openHosts } from '../punch/host-candidates.ts';
import { manyListeners, pause, TimeoutError, within } from '../../network/waiting.ts';
import type { ObservedPort } from '../rendezvous/observe-port.ts';
import { pathOfMatch, type Seen } from '../punch/path.ts';
import { Race, type Won } from '../punch/race.ts';
import type { FrameLink } from '../session/frame-link.ts';
import { planRound, sideOf } from '../punch/plan/punch-plan.ts';
import { punch } from '../punch/punch.ts';

/** Bounds a round from its dials on: an unanswered one lives for 3 s, and a proof takes a few round trips. */
const ROUND_MS = 6000;
/** Bounds the wait for the peer's first word on the channel that we have nominated: a slow round trip. */
const FIRST_WORD_MS = 5000;

interface BackgroundRoundOptions {
  readonly role: Role;
  readonly root: Uint8Array;
  /** The rendezvous as it was reached: what may be dialled depends on it. */
  readonly server: Endpoint;
  readonly families: readonly Family[];
  /** Whether host candidates are used. */
  readonly lan: boolean;
  /** Has a new port of ours observed, where fresh mapped endpoints can help; it ends with the signal. */
  readonly observe: (signal: AbortSignal) => Promise<ObservedPort | undefined>;
  readonly pathTo: (remote: Endpoint) => Path;
  /** Whether a channel on this path is worth a move. */
  readonly wants: (path: Path) => boolean;
  /** How far the peer's stream has been read. */
  readonly received: () => number;
  /** Says our part over the present channel, and resolves with the peer's, and when to dial, in ms from then. */
  readonly exchange: (
    ours: Omit<RoundPayload, 'n'>,
  ) => Promise<{ readonly theirs: RoundPayload; readonly startInMs: number }>;
  /** `a` has nominated: from here on the peer may have moved. */
  readonly onNominated: () => void;
  readonly onAttempt: (attempt: Omit<AttemptEvent, 'event'>) => void;
  readonly signal: AbortSignal;
}

/**
 * One round of punching behind a channel that works, whatever that is: from
 * our listening to a channel that is proven and nominated, and on which `b`
 * has spoken. Undefined where there is none in time, or the signal is aborted;
 * whatever the end, no other socket, timer or listener stays.
 */
export async function backgroundRound(options: BackgroundRoundOptions): Promise<Won | undefined> {
  const { role, root, server } = options;
  const over = new AbortController();
  const signal = manyListeners(AbortSignal.any([options.signal, over.signal]));
  const psk = Promise.withResolvers<Uint8Array>();
  let seen: Seen | undefined;
  function pathTo(remote: Endpoint) {
    return seen?.peerMapped.address === remote.address ? pathOfMatch(remote, seen) : options.pathTo(remote);
  }
  const race = new Race({ ...options, pathTo, psk: psk.promise, signal });
  function onSocket(socket: Socket, origin: SocketOrigin) {
    return race.enter(socket, origin);
  }
  try {
    const loopback = addressClass(server.address) === 'loopback';
    const [own, observed] = await Promise.all([
      options.lan ? openHosts({ loopback, families: options.families, onSocket, signal }) : noHosts,
      options.observe(signal),
    ]);
    const nonce = randomBytes(NONCE_BYTES);
    const { theirs, startInMs } = await options.exchange({
      nonce,
      hosts: own.candidates,
      mapped: observed?.mapped,
    });
    if (observed !== undefined && theirs.mapped !== undefined) {
      seen = { ...observed, peerMapped: theirs.mapped };
    }
    const [nonceA, nonceB] = role === 'a' ? [nonce, theirs.nonce] : [theirs.nonce, nonce];
    psk.resolve(deriveResumeKeys({ root, nonceA, nonceB }).psk);
    await pause(startInMs, signal);
    // Before any other dial: a NAT that counts has promised its next port to the peer.
    void punchMapped({ ...options, own: observed, peer: theirs.mapped, onSocket, signal });
    const candidates = dialableHosts(options.lan ? theirs.hosts : [], {
      loopbackAllowed: loopback,
      server,
      own: own.candidates,
    });
    void dialHosts({ candidates, own, onAttempt: options.onAttempt, onSocket, signal });
    const won = await within(race.winner, ROUND_MS, signal);
    if (role === 'a') {
      options.onNominated();
      if (!(await within(firstWord(won.link), FIRST_WORD_MS, signal))) {
        return undefined;
      }
    }
    return won;
  } catch (error) {
    // Also one that is won in the same moment, or on which nothing was said.
    void race.winner.then(({ link }) => link.destroy());
    if (error instanceof TimeoutError || options.signal.aborted) {
      return undefined;
    }
    throw error;
  } finally {
    over.abort();
  }
}

/**
 * Whether the peer has spoken on a link, or the link is gone. Until it has, it
 * may not have read our nomination. What it said waits for another listener.
 */
export function firstWord(link: FrameLink): Promise<boolean> {
  return new Promise((resolve) => {
    link.listen({
      onFrames: (frames) => {
        link.pause(frames);
        resolve(true);
      },
      onDrain: () => undefined,
      onGone: () => resolve(false),
    });
  });
}

interface PunchMappedOptions {
  readonly role: Role;
  /** The rendezvous as it was reached. */
  readonly server: Endpoint;
  readonly own: ObservedPort | undefined;
  readonly peer: MappedCandidate | undefined;
  readonly onAttempt: (attempt: Omit<AttemptEvent, 'event'>) => void;
  readonly onSocket: (socket: Socket, origin: SocketOrigin) => void;
  readonly signal: AbortSignal;
}

/** Each dials the other's fresh mapped endpoint at the same moment, or what its NAT gives next. Nobody is sprayed. */
async function punchMapped({ role, server, own, peer, ...options }: PunchMappedOptions): Promise<void> {
  if (own === undefined || peer === undefined || familyOf(peer.address) !== own.family) {
    return;
  }
  if (mappedRefusal(peer, { server, own: own.mapped }) !== undefined) {
    return;
  }
  const plan = planRound({
    role,
    round: 1,
    own: sideOf(own.mapped),
    peer: sideOf(peer),
    bursts: { own: 0, peer: 0 },
  });
  await punch({
    ...options,
    family: own.family,
    address: peer.address,
    attempts: 1,
    round: () => ({ plan, startInMs: 0, localPort: own.local.port }),
    onPlan: () => undefined,
  });
}
