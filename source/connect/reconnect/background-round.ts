import { randomBytes } from 'node:crypto';
import type { Endpoint, Path } from '../../events.ts';
import { natOf } from '../../nat/diagnosis.ts';
import { familyOf } from '../../network/address.ts';
import { pause, TimeoutError, within } from '../../network/waiting.ts';
import { ForwardedCandidates } from '../forwarded/forwarded-candidates.ts';
import { deriveResumeKeys, NONCE_BYTES } from '../keys/keys.ts';
import type { MeetingContext } from '../meeting-context.ts';
import type { ObservedPort } from '../place.ts';
import type { WonChannel } from '../punch/establish-channel.ts';
import { pathOfMatch, type Seen } from '../punch/path.ts';
import { mappedRefusal } from '../punch/plan/dialable.ts';
import { planRound, sideOf } from '../punch/plan/punch-plan.ts';
import { holdRace, type PunchRace, type PunchRaceOptions } from '../punch/punch-race.ts';
import type { Won } from '../punch/race.ts';
import type { FrameLink } from '../session/frame-link.ts';
import type { MappedCandidate, RoundPayload } from '../session/wire/round-payload.ts';

/** Bounds a round from its dials on. An unanswered dial lives for 3 s, and a proof takes a few round trips. */
const ROUND_MS = 6000;
/** Bounds the wait for the peer's first word on the channel that we have nominated. It takes one round trip, which may be slow. */
const FIRST_WORD_MS = 5000;

/** What a round has to know of the last meeting. */
export type LastMeeting = Pick<WonChannel, 'role' | 'keys' | 'server' | 'pathTo'>;

export interface BackgroundRoundOptions {
  readonly lastMeeting: LastMeeting;
  /** Whether each side has a new port observed, because a fresh mapped endpoint can help. */
  readonly observes: boolean;
  /** Whether a channel on this path is worth a move. */
  readonly wants: (path: Path) => boolean;
  /** Sends our part over the present channel. Resolves with the peer's part, and in how many ms to dial. */
  readonly exchange: (
    ours: Omit<RoundPayload, 'n'>,
  ) => Promise<{ readonly theirs: RoundPayload; readonly startInMs: number }>;
  /** We, as `a`, have nominated. From now on the peer may have moved. */
  readonly onNominated: () => void;
  readonly onAttempt: PunchRaceOptions['onAttempt'];
  readonly signal: AbortSignal;
}

/**
 * One round of punching while another channel works. Resolves with a channel
 * that is proven and nominated, and on which `b` has spoken; with undefined if
 * there is none in time, or the signal is aborted. In each case no other
 * socket, timer or listener stays.
 */
export async function backgroundRound(
  context: MeetingContext,
  options: BackgroundRoundOptions,
): Promise<Won | undefined> {
  const { lastMeeting, wants, onAttempt, signal } = options;
  const { role, server } = lastMeeting;
  let seen: Seen | undefined;
  function pathTo(remote: Endpoint) {
    return seen?.peerMapped?.address === remote.address
      ? pathOfMatch(remote, seen)
      : lastMeeting.pathTo(remote);
  }
  function onSeen(own: Seen) {
    seen = own;
  }
  try {
    return await holdRace({ context, role, server, pathTo, wants, onAttempt, signal }, (race) =>
      play(race, context, options, onSeen),
    );
  } catch (error) {
    if (error instanceof TimeoutError || signal.aborted) {
      return undefined;
    }
    throw error;
  }
}

async function play(
  race: PunchRace,
  context: MeetingContext,
  { lastMeeting, observes, exchange, onNominated }: BackgroundRoundOptions,
  onSeen: (seen: Seen) => void,
): Promise<Won | undefined> {
  const { role, keys } = lastMeeting;
  const { place, lan, forwarded } = context;
  const { signal } = race;
  const [hosts, observed] = await Promise.all([
    lan ? race.openHosts() : [],
    observes ? place.observePort(signal) : undefined,
  ]);
  const nonce = randomBytes(NONCE_BYTES);
  const external = forwarded?.externalAt(observed?.mapped.address);
  const { theirs, startInMs } = await exchange({
    nonce,
    hosts,
    mapped: observed?.mapped,
    ...(external === undefined ? {} : { forwarded: external }),
  });
  if (observed !== undefined && theirs.mapped !== undefined) {
    onSeen({ ...observed, peerMapped: theirs.mapped });
  }
  const [nonceA, nonceB] = role === 'a' ? [nonce, theirs.nonce] : [theirs.nonce, nonce];
  race.prove(deriveResumeKeys({ root: keys.root, nonceA, nonceB }).psk);
  if (role === 'a') {
    // The peer may dial us before we dial it. It moves as soon as it is nominated, and then closes the present channel.
    void race.winner.then(onNominated);
  }
  const hasStarted = pause(startInMs, signal).then(() => true);
  if (await Promise.race([hasStarted, race.winner.then(() => false)])) {
    dial(race, context, lastMeeting, { observed, theirs });
  }
  const won = await within(race.winner, ROUND_MS, signal);
  if (role === 'a' && !(await within(firstWord(won.link), FIRST_WORD_MS, signal))) {
    return undefined;
  }
  return won;
}

/** What both sides have said in a round. */
interface Exchanged {
  readonly observed: ObservedPort | undefined;
  readonly theirs: RoundPayload;
}

function dial(
  race: PunchRace,
  { lan, forwarded, emit }: MeetingContext,
  lastMeeting: LastMeeting,
  { observed, theirs }: Exchanged,
): void {
  // This dial goes first: the peer expects the next port of a NAT that counts.
  punchMapped(race, lastMeeting, observed, theirs.mapped);
  race.dialHosts(race.dialable(lan ? theirs.hosts : []));
  if (observed !== undefined && theirs.mapped !== undefined) {
    const seen = { ...observed, peerMapped: theirs.mapped, server: lastMeeting.server };
    const ports = new ForwardedCandidates({
      forwarded,
      seen,
      ways: race.ways,
      emit,
      onCandidate: () => undefined,
    });
    // A port that is mapped during this round is for the next one.
    ports.accept();
    const own = natOf(observed.mapped, observed.mapped.address !== observed.local.address);
    ports.ask({ own, peer: natOf(theirs.mapped, true) }, 1);
    if (theirs.forwarded !== undefined) {
      ports.dial(theirs.forwarded);
    }
  }
}

/**
 * Resolves with whether the peer has spoken on a link; with false if the link
 * is gone. Before that the peer may not have read our nomination. The frames
 * that it sent wait for the next listener.
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

/** Both sides dial each other's fresh mapped endpoint at the same moment, or the port that the NAT gives next. No spray. */
function punchMapped(
  race: PunchRace,
  { role, server }: LastMeeting,
  own: ObservedPort | undefined,
  peer: MappedCandidate | undefined,
): void {
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
  void race.punch({
    family: own.family,
    address: peer.address,
    attempts: 1,
    round: () => ({ plan, startInMs: 0, localPort: own.local.port }),
    onPlan: () => undefined,
  });
}
