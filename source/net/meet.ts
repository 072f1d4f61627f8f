import { randomBytes, randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import type { ConnectedEvent, Endpoint, Happening } from '../events.ts';
import { familyOf } from '../core/address.ts';
import { formatCode, type Code } from '../core/code.ts';
import { formatServer } from '../core/endpoint.ts';
import { formatInvite } from '../core/invite.ts';
import { createSprayBudgets, type SprayBudgets } from '../core/spray-budget.ts';
import type { ConnectOptions } from './connect-options.ts';
import { PeerVanished } from './peer-vanished.ts';
import { Rendezvous } from './rendezvous.ts';
import { joinRoom, openRoom, prepareEntry, type OpenedRoom, type RoomOptions } from './room.ts';
import { TakenForClassic } from './server-error.ts';
import { defaultWaits, type Waits } from './waits.ts';
import { winChannel, type WonChannel } from './win-channel.ts';

/** A stranger who guesses the number may take our peer's place so many times, not more (design 3.3). */
const MAX_REARMS = 10;

type Needed = Required<Pick<ConnectOptions, 'server' | 'mode' | 'attempts' | 'lan' | 'freshPort' | 'signal'>>;

export interface MeetOptions
  extends Needed, Pick<ConnectOptions, 'probePort' | 'code' | 'name' | 'family' | 'waitMs' | 'waits'> {
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
    spray: options.freshPort ? undefined : createSprayBudgets(),
  };
  let retried = false;
  for (let rearms = 0; ;) {
    try {
      return await meetOnce(options, meeting);
    } catch (error) {
      if (error instanceof TakenForClassic && !retried) retried = true;
      else if (error instanceof PeerVanished && rearms < MAX_REARMS) rearms += 1;
      else throw error;
    }
  }
}

interface Meeting {
  readonly startedAt: number;
  readonly client: string;
  /** What we opened: it stays ours, by its token, when we come again. */
  room: OpenedRoom | undefined;
  readonly spray: SprayBudgets | undefined;
}

async function meetOnce(options: MeetOptions, meeting: Meeting): Promise<MetChannel> {
  const { server, family, signal, emit } = options;
  const name = formatServer(server);
  const waits: Waits = { ...defaultWaits, ...options.waits };
  emit({ event: 'rendezvous', state: 'connecting', server: name });
  const dialling = Rendezvous.dial({ server, family, signal, probePort: options.probePort });
  // In the time of the handshake, and not before its SYN has left: its duration is our round trip to the server.
  const { code } = options;
  const known = code === undefined ? undefined : turn().then(() => prepareEntry(code));
  known?.catch(() => undefined);
  const rendezvous = await dialling;
  try {
    const room: RoomOptions = {
      rendezvous,
      client: meeting.client,
      signal,
      waitMs: options.waitMs,
      answerMs: waits.answerMs,
      onWaiting: (mapped) => emit({ event: 'rendezvous', state: 'waiting', server: name, mapped }),
    };
    const entry = await (known ?? prepareEntry(await codeOfOwnRoom(room, meeting, options)));
    const match = await joinRoom(room, entry, meeting.room?.token);
    emit({ event: 'rendezvous', state: 'matched', server: name, mapped: endpointOf(match.mapped) });
    const won = await winChannel({
      ...options,
      rendezvous,
      match,
      name: options.name,
      waits,
      received: () => 0,
      spray: meeting.spray,
      families: family === undefined ? [4, 6] : [family],
    });
    rendezvous.send({ t: 'done', outcome: 'punched' });
    const startedAt = match.role === 'b' ? match.matchedAt : meeting.startedAt;
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
    if (!(error instanceof PeerVanished)) rendezvous.send({ t: 'done', outcome: 'failed' });
    throw error;
  } finally {
    rendezvous.close();
    emit({ event: 'rendezvous', state: 'closed', server: name });
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

const endpointOf = ({ address, port }: Endpoint): Endpoint => ({ address, port });
