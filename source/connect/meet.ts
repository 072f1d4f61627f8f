import { randomBytes, randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import type { ConnectedEvent, Endpoint, Happening } from '../events.ts';
import { familyOf } from '../network/address.ts';
import { formatCode, type Code } from '../protocol/code.ts';
import { formatServer } from '../network/endpoint.ts';
import { Guess } from './keys/guess.ts';
import { formatInvite } from '../protocol/invite.ts';
import { RoomPlace } from './rendezvous/room-retry.ts';
import { createSprayBudgets, type SprayBudgets } from './punch/plan/spray-budget.ts';
import { PunchlineError } from '../errors.ts';
import { DEFAULT_GIVE_UP_MS, type ConnectOptions, defaultWaits, type Waits } from './connect-options.ts';
import { doneMessage } from './punch/report-outcome.ts';
import type { PairFacts } from './punch/punch-failure.ts';
import { pause } from '../network/waiting.ts';
import { PeerVanished, TakenForClassic } from './rendezvous/server-failure.ts';
import { Rendezvous } from './rendezvous/rendezvous.ts';
import {
  joinRoom,
  openRoom,
  prepareEntry,
  waitExpired,
  type OpenedRoom,
  type RoomOptions,
} from './rendezvous/room.ts';
import { establishChannel, type WonChannel } from './punch/establish-channel.ts';

/** A stranger who guesses the number may take our peer's place so many times, not more (design 3.3). */
const MAX_REARMS = 10;

type Needed = Required<
  Pick<ConnectOptions, 'server' | 'mode' | 'attempts' | 'lan' | 'relay' | 'freshPort' | 'signal'>
>;

export interface MeetOptions
  extends
    Needed,
    Pick<
      ConnectOptions,
      'probePort' | 'code' | 'name' | 'family' | 'waitMs' | 'giveUpMs' | 'report' | 'waits'
    > {
  readonly emit: (happening: Happening) => void;
}

export interface MetChannel extends WonChannel {
  /** What is to be told as soon as the channel can be used. */
  readonly connected: ConnectedEvent;
}

/**
 * From nothing to one proven channel: rendezvous, room, punch. Emits what
 * happens on the way. Throws PunchlineError, or the signal's
 * reason; leaves no socket behind but the winner's.
 */
export async function meet(options: MeetOptions): Promise<MetChannel> {
  const meeting: Meeting = {
    startedAt: performance.now(),
    client: randomBytes(16).toString('base64url'),
    room: undefined,
    guess: new Guess(),
    rearms: 0,
    place: new RoomPlace({ waitMs: options.waitMs, giveUpMs: options.giveUpMs ?? DEFAULT_GIVE_UP_MS }),
    spray: options.freshPort ? undefined : createSprayBudgets(),
    probePort: options.probePort,
  };
  const { place, guess } = meeting;
  let retried = false;
  for (;;) {
    try {
      return await meetOnce(options, meeting);
    } catch (error) {
      // Before all else: whatever it is that has ended it, a second share would be a second guess.
      if (guess.isSpent) {
        throw error;
      }
      if (error instanceof TakenForClassic && !retried) {
        retried = true;
      } else if (mayRearm(error, meeting)) {
        meeting.rearms += 1;
        place.rearmed();
      } else {
        await beforeReturn(error, meeting, options);
      }
    }
  }
}

interface Meeting {
  readonly startedAt: number;
  readonly client: string;
  /** What we opened: it stays ours, by its token, when we come again. */
  room: OpenedRoom | undefined;
  /** For all shares together. */
  readonly guess: Guess;
  /** How often somebody has come for nothing. */
  rearms: number;
  readonly place: RoomPlace;
  readonly spray: SprayBudgets | undefined;
  /** As the user says, or the server when it gave us our room; else it is looked for. */
  probePort: number | undefined;
}

/** Whether somebody came and went, and has learnt nothing. */
function mayRearm(error: unknown, { guess, rearms }: Meeting): boolean {
  return error instanceof PeerVanished && !guess.isSpent && rearms < MAX_REARMS;
}

async function meetOnce(options: MeetOptions, meeting: Meeting): Promise<MetChannel> {
  const { server, family, signal, emit, report = true } = options;
  let nats: PairFacts | undefined;
  const name = formatServer(server);
  const waits: Waits = { ...defaultWaits, ...options.waits };
  emit({ event: 'rendezvous', state: 'connecting', server: name });
  const dialling = Rendezvous.dial({ server, family, signal, probePort: meeting.probePort });
  // In the time of the handshake, and not before its SYN has left: its duration is our round trip to the server.
  const { code } = options;
  const known = code === undefined ? undefined : turn().then(() => prepareEntry(code, meeting.guess));
  known?.catch(() => undefined);
  let rendezvous = await dialling;
  try {
    const place: Omit<RoomOptions, 'rendezvous'> = {
      client: meeting.client,
      signal,
      place: meeting.place,
      answerMs: waits.answerMs,
      onWaiting: (mapped) => emit({ event: 'rendezvous', state: 'waiting', server: name, mapped }),
    };
    const entry = await (known ??
      prepareEntry(await codeOfOwnRoom({ ...place, rendezvous }, meeting, options), meeting.guess));
    if (code === undefined) {
      rendezvous = await probedWhereToldOf(rendezvous, meeting, options);
    }
    const match = await joinRoom({ ...place, rendezvous }, entry, meeting.room?.token);
    emit({ event: 'rendezvous', state: 'matched', server: name, mapped: endpointOf(match.mapped) });
    const won = await establishChannel({
      ...options,
      rendezvous,
      match,
      client: meeting.client,
      name: options.name,
      waits,
      received: () => 0,
      spray: meeting.spray,
      families: family === undefined ? [4, 6] : [family],
      onFacts: (facts) => {
        nats = facts;
      },
    });
    rendezvous.send(doneMessage('punched', report, { path: won.path, nats }));
    // Also who was `b` once, and came back to an own number after its peer.
    const hasWaited = match.role === 'b' || meeting.place.hasWaited;
    const startedAt = hasWaited ? match.matchedAt : meeting.startedAt;
    const connected: ConnectedEvent = {
      event: 'connected',
      path: won.path,
      family: familyOf(won.remote.address),
      local: won.local,
      remote: won.remote,
      peer: { name: won.peerName },
      ms: Math.round(won.provenAt - startedAt),
      punchMs: Math.max(0, Math.round(won.openedAt - won.dialledAt)),
      cipher: won.cipher,
      group: won.group,
    };
    return { ...won, connected };
  } catch (error) {
    // After that word the room is nobody's; whoever arms it again comes back to it.
    if (!mayRearm(error, meeting)) {
      rendezvous.send(doneMessage('failed', report, { nats }));
    }
    throw error;
  } finally {
    rendezvous.close();
    emit({ event: 'rendezvous', state: 'closed', server: name });
  }
}

/** Resolves when it is time to come back to the room in which we waited. Throws where we do not. */
async function beforeReturn(
  error: unknown,
  { place, room }: Meeting,
  { server, signal }: MeetOptions,
): Promise<void> {
  if (!(error instanceof PunchlineError)) {
    throw error;
  }
  if (place.isHeld && room !== undefined && error.code === 'ERR_NO_SUCH_ROOM') {
    throw new PunchlineError(
      'ERR_NO_SUCH_ROOM',
      `the rendezvous ${formatServer(server)} has lost our room ${room.code.number}, and does not give it back`,
      { hint: 'Its code is good no more. Open a new room, and pass its invite on.', cause: error },
    );
  }
  const now = performance.now();
  const inMs = place.returnInMs(error, now, Math.random());
  if (inMs === undefined) {
    throw error;
  }
  const leftMs = place.leftMs(now) ?? Number.POSITIVE_INFINITY;
  await pause(Math.min(inMs, leftMs), signal);
  signal.throwIfAborted();
  if (leftMs <= inMs) {
    throw waitExpired(place);
  }
}

async function codeOfOwnRoom(
  room: RoomOptions,
  meeting: Meeting,
  { server, emit }: MeetOptions,
): Promise<Code> {
  if (meeting.room === undefined) {
    meeting.room = await openRoom(room, randomInt);
    const { code } = meeting.room;
    emit({ event: 'invite', code: formatCode(code), invite: formatInvite({ code, server }) });
  }
  return meeting.room.code;
}

/**
 * The server names its probe port with the room: where that was not probed, we come again, and the first who joins
 * finds our mapping known. It costs nobody time, for we are about to wait. Where it fails, the first connection does.
 */
async function probedWhereToldOf(
  first: Rendezvous,
  meeting: Meeting,
  { server, family, signal }: MeetOptions,
): Promise<Rendezvous> {
  if (!first.probing.missed) {
    return first;
  }
  meeting.probePort = first.probing.port;
  const again = Rendezvous.dial({ server, family, signal, probePort: meeting.probePort });
  const second = await again.catch(() => first);
  if (second !== first) {
    first.close();
  }
  return second;
}

function endpointOf({ address, port }: Endpoint): Endpoint {
  return { address, port };
}
