import { performance } from 'node:perf_hooks';
import { within, TimeoutError } from '../../../network/waiting.ts';
import {
  RENDEZVOUS_VERSION,
  type ClientMessage,
  type MessageOf,
  type ServerMessage,
} from '../../../protocol/rendezvous-messages.ts';
import { ProtocolBreach, type JoinOptions, type Match, type RoomRequest } from '../../place.ts';
import type { Rendezvous } from './rendezvous.ts';
import { outOfTurn, silentServer } from './server-failure.ts';

/** After so long a handshake answers a SYN that was sent again (RFC 6298). Its duration is not the round trip. */
const REPEATED_SYN_MS = 900;
/** Bounds the ping that measures the round trip instead. */
const FRESH_RTT_MS = 2000;

/** A connection on which rooms are opened and entered. */
export type RoomConnection = Pick<
  Rendezvous,
  'server' | 'rttMs' | 'send' | 'receive' | 'answers' | 'isProxied'
> & {
  readonly probing: Pick<Rendezvous['probing'], 'token'>;
};

export interface RoomOptions {
  /** 16 random bytes that all connections of this session to the rendezvous send. */
  readonly client: string;
  /** Bounds the wait for the server's answer to a line. */
  readonly answerMs: number;
  readonly signal: AbortSignal;
}

/** Asks the server for a room number. The token in the answer keeps it for us. */
export async function openRoom(
  rendezvous: RoomConnection,
  { client, answerMs, signal }: RoomOptions,
): Promise<MessageOf<ServerMessage, 'opened'>> {
  rendezvous.send({ t: 'open', v: RENDEZVOUS_VERSION, client });
  return expectMessage(await answer(rendezvous, answerMs, signal), 'opened', rendezvous.server);
}

/**
 * Enters a room and waits for the peer. The side that comes second is matched at once.
 * Throws TimeoutError when the wait is over, or what the server says instead.
 */
export async function joinRoom(
  rendezvous: RoomConnection,
  room: RoomRequest,
  {
    client,
    token,
    answerMs,
    onWaiting,
    signal,
  }: RoomOptions & JoinOptions & { readonly token?: string | undefined },
): Promise<Match> {
  // The server uses the round trip that we name to time both SYNs.
  if ('slot' in room && rendezvous.rttMs >= REPEATED_SYN_MS) {
    await rendezvous.answers(FRESH_RTT_MS);
    signal.throwIfAborted();
  }
  rendezvous.send(joinMessage(rendezvous, room, client, token));
  let message = await answer(rendezvous, answerMs, signal);
  const hasWaited = message.t === 'waiting';
  if (message.t === 'waiting') {
    const waitMs = onWaiting(message.you);
    const coming = rendezvous.receive(signal);
    message = await (waitMs === undefined ? coming : within(coming, waitMs, signal));
  }
  const matched = expectMessage(message, 'matched', rendezvous.server);
  return readMatch(matched, room, hasWaited || token !== undefined, rendezvous.server);
}

function joinMessage(
  { rttMs, probing, isProxied }: RoomConnection,
  room: RoomRequest,
  client: string,
  token: string | undefined,
): ClientMessage {
  const common = {
    t: 'join',
    v: RENDEZVOUS_VERSION,
    client,
    nonce: base64url(room.nonce),
    rttMs,
    ...(isProxied ? ({ proxied: true } as const) : { probeToken: probing.token }),
    follows: true,
  } as const;
  return 'slot' in room
    ? { ...common, room: base64url(room.room), slot: room.slot }
    : {
        ...common,
        number: room.number,
        share: base64url(room.share),
        ...(token === undefined ? {} : { token }),
      };
}

/** `holdsRoom`: then we came first, and a server that says `a` lies. */
function readMatch(
  message: MessageOf<ServerMessage, 'matched'>,
  room: RoomRequest,
  holdsRoom: boolean,
  server: string,
): Match {
  const { role, peer } = message;
  const share = peer.share === undefined ? undefined : Buffer.from(peer.share, 'base64url');
  // In the room of a session the roles stay: each role has keys of its own.
  if ('slot' in room ? role !== room.slot : share === undefined) {
    throw outOfTurn(message, server);
  }
  if (!('slot' in room) && holdsRoom && role !== 'b') {
    throw new ProtocolBreach('ERR_RENDEZVOUS_PROTOCOL', `the rendezvous ${server} changed our role`, {
      hint: 'It is broken, or not honest. Use another one.',
    });
  }
  return {
    role,
    mapped: message.you,
    peerMapped: peer.mapped,
    matchedAt: performance.now(),
    startInMs: message.startInMs,
    ...(message.here === true && { here: true }),
    peer: { nonce: Buffer.from(peer.nonce, 'base64url'), share },
  };
}

/** The next message of a server that has to answer. Throws ERR_RENDEZVOUS_PROTOCOL if it says nothing. */
async function answer(
  rendezvous: RoomConnection,
  answerMs: number,
  signal: AbortSignal,
): Promise<ServerMessage> {
  try {
    return await within(rendezvous.receive(signal), answerMs, signal);
  } catch (error) {
    throw error instanceof TimeoutError ? silentServer(rendezvous.server, answerMs) : error;
  }
}

/** The next message of a server, which must be of type `t`. Throws ERR_RENDEZVOUS_PROTOCOL if it is not. */
export async function answerOf<T extends ServerMessage['t']>(
  rendezvous: RoomConnection,
  t: T,
  signal: AbortSignal,
): Promise<MessageOf<ServerMessage, T>> {
  return expectMessage(await rendezvous.receive(signal), t, rendezvous.server);
}

function expectMessage<T extends ServerMessage['t']>(
  message: ServerMessage,
  t: T,
  server: string,
): MessageOf<ServerMessage, T> {
  if (message.t !== t) {
    throw outOfTurn(message, server);
  }
  return message as MessageOf<ServerMessage, T>;
}

export function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
