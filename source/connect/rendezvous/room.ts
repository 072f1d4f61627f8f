import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../../errors.ts';
import type { Endpoint } from '../../events.ts';
import { generateWords, passwordOf, type Code } from '../../protocol/code.ts';
import type { Share } from '../keys/cpace.ts';
import type { Guess } from '../keys/guess.ts';
import { associatedData, channelId, deriveKeys, NONCE_BYTES } from '../keys/keys.ts';
import {
  RENDEZVOUS_VERSION,
  type ServerMessage,
  type MessageOf,
} from '../../protocol/rendezvous-messages.ts';
import type { RoomPlace } from './room-retry.ts';
import { readMatch, type Match } from '../punch/signalling.ts';
import type { Rendezvous } from './rendezvous.ts';
import { outOfTurn } from './server-failure.ts';
import { within, TimeoutError } from '../../network/waiting.ts';

/** CPace draws its scalar from as many bytes. */
const SCALAR_BYTES = 64;

export interface RoomOptions {
  readonly rendezvous: Rendezvous;
  readonly client: string;
  readonly signal: AbortSignal;
  /** Bounds the wait for a peer, and is told when that begins. */
  readonly place: RoomPlace;
  /** Bounds the wait for the server's answer to a line. */
  readonly answerMs: number;
  readonly onWaiting: (mapped: Endpoint) => void;
}

export interface OpenedRoom {
  readonly code: Code;
  readonly token: string;
  readonly mapped: Endpoint;
}

/** Asks the server for a number; the words are ours alone. */
export async function openRoom(
  { rendezvous, client, signal, answerMs }: RoomOptions,
  random: (max: number) => number,
): Promise<OpenedRoom> {
  rendezvous.send({ t: 'open', v: RENDEZVOUS_VERSION, client });
  const message = await answer(rendezvous, answerMs, signal);
  if (message.t !== 'opened') {
    throw outOfTurn(message, rendezvous.server);
  }
  return {
    code: { number: message.number, words: generateWords(random) },
    token: message.token,
    mapped: { address: message.you.address, port: message.you.port },
  };
}

/** What one needs to enter a room: once for each time, for a share is one guess. */
export interface Entry {
  readonly code: Code;
  readonly share: Share;
  readonly nonce: Buffer;
  readonly guess: Guess;
}

/**
 * The curve takes 25 ms to load and a share 5 to compute: begin before the server has answered. Nothing else makes
 * a share, and here none is made once the guess is spent: whoever would come again asks the guess first.
 */
export async function prepareEntry(code: Code, guess: Guess): Promise<Entry> {
  if (guess.isSpent) {
    throw new Error('The guess at this code is spent.');
  }
  const { createShare } = await import('../keys/cpace.ts');
  const share = createShare({
    password: passwordOf(code),
    channelId,
    sessionId: String(code.number),
    random: randomBytes(SCALAR_BYTES),
  });
  return { code, share, nonce: randomBytes(NONCE_BYTES), guess };
}

/**
 * Enters a room and waits for the peer. Who comes second is matched at once.
 * Throws ERR_WAIT_EXPIRED, or what the server says.
 */
export async function joinRoom(
  options: RoomOptions,
  { code, share, nonce, guess }: Entry,
  token: string | undefined,
): Promise<Match> {
  const { rendezvous, client, signal, answerMs } = options;
  rendezvous.send({
    t: 'join',
    v: RENDEZVOUS_VERSION,
    number: code.number,
    client,
    share: Buffer.from(share.share).toString('base64url'),
    nonce: nonce.toString('base64url'),
    rttMs: rendezvous.rttMs,
    probeToken: rendezvous.probing.token,
    follows: true,
    ...(token === undefined ? {} : { token }),
  });
  let message = await answer(rendezvous, answerMs, signal);
  // Who was told to wait holds the room: a server that makes it `a` lies about who came second.
  const waited = message.t === 'waiting' || token !== undefined;
  if (message.t === 'waiting') {
    options.place.waiting(performance.now());
    options.onWaiting({ address: message.you.address, port: message.you.port });
    message = await peerOf(options);
  }
  options.place.matched(performance.now());
  if (message.t !== 'matched') {
    throw outOfTurn(message, rendezvous.server);
  }
  if (waited && message.role !== 'b') {
    throw new PunchlineError(
      'ERR_RENDEZVOUS_PROTOCOL',
      `the rendezvous ${rendezvous.server} changed our role`,
      {
        hint: 'It is broken, or not honest. Use another one.',
      },
    );
  }
  const { role } = message;
  const { share: theirs, nonce: theirNonce } = message.peer;
  if (theirs === undefined) {
    throw outOfTurn(message, rendezvous.server);
  }
  return readMatch(message, guess, () => {
    const peerShare = Buffer.from(theirs, 'base64url');
    const isk = share.finish({
      ownAssociatedData: associatedData({ nonce }),
      peerShare,
      peerAssociatedData: associatedData({ nonce: Buffer.from(theirNonce, 'base64url') }),
    });
    const [shareA, shareB] = role === 'a' ? [share.share, peerShare] : [peerShare, share.share];
    return deriveKeys({ isk, shareA, shareB });
  });
}

async function peerOf({ rendezvous, signal, place }: RoomOptions): Promise<ServerMessage> {
  const coming = rendezvous.receive(signal);
  const leftMs = place.leftMs(performance.now());
  if (leftMs === undefined) {
    return coming;
  }
  try {
    return await within(coming, leftMs, signal);
  } catch (error) {
    if (error instanceof TimeoutError) {
      throw waitExpired(place);
    }
    throw error;
  }
}

export function waitExpired({ waitMs = 0 }: RoomPlace): PunchlineError {
  return new PunchlineError('ERR_WAIT_EXPIRED', `nobody came within ${waitMs / 60_000} min`, {
    hint: 'Agree on a time with your peer, or wait longer with --wait.',
  });
}

/** The next message of a server that owes one. Throws ERR_RENDEZVOUS_PROTOCOL where it keeps silent. */
export async function answer(
  rendezvous: Rendezvous,
  answerMs: number,
  signal: AbortSignal,
): Promise<ServerMessage> {
  try {
    return await within(rendezvous.receive(signal), answerMs, signal);
  } catch (error) {
    if (!(error instanceof TimeoutError)) {
      throw error;
    }
    throw new PunchlineError(
      'ERR_RENDEZVOUS_PROTOCOL',
      `${rendezvous.server} accepted the connection and then said nothing for ${answerMs / 1000} s`,
      { hint: 'Check the host and the port: something else may be listening there.' },
    );
  }
}

/** The next message of a server that was asked. Throws ERR_RENDEZVOUS_PROTOCOL where it is another one. */
export async function answerOf<T extends ServerMessage['t']>(
  rendezvous: Rendezvous,
  t: T,
  signal: AbortSignal,
): Promise<MessageOf<ServerMessage, T>> {
  const message = await rendezvous.receive(signal);
  if (message.t !== t) {
    throw outOfTurn(message, rendezvous.server);
  }
  return message as MessageOf<ServerMessage, T>;
}
