import { format } from 'node:util';
import type { ErrorCode } from '../../errors.ts';
import type { Refusal } from '../admission/refusal.ts';
import type { SeatEvent } from './matchmaker.ts';

/**
 * Why a room refuses a connection, and what the client is told. The matchmaker
 * in memory and the store's script both take their words from here. `%d` is the
 * number of the room, and a second one is the number of its matches. `again`: the code is not spent, and the room is
 * kept for its owner or is free, so the client may try the same code again.
 */
export const roomRefusals = {
  ended: { code: 'ERR_NO_SUCH_ROOM', message: 'room %d has ended' },
  empty: { code: 'ERR_NO_SUCH_ROOM', message: 'nobody waits in room %d' },
  openerAway: { code: 'ERR_NO_SUCH_ROOM', message: 'the opener of room %d is away', again: true },
  taken: { code: 'ERR_ROOM_TAKEN', message: 'room %d has two peers already' },
  spent: { code: 'ERR_RENDEZVOUS_REFUSED', message: 'room %d has been joined %d times in vain' },
  peerLeft: { code: 'ERR_PEER_LEFT', message: 'your peer has left' },
  /** To a guest, if its owner has sealed nothing and so has not spent its guess, or has come again for another guest. */
  peerAway: { code: 'ERR_PEER_LEFT', message: 'your peer is away', again: true },
  replaced: { code: 'ERR_RENDEZVOUS_CLOSED', message: 'the same client has connected again' },
  /** In a store only, and nobody reads it: the server of this connection has died. */
  serverGone: { code: 'ERR_RENDEZVOUS_CLOSED', message: 'gone' },
} as const satisfies Record<
  string,
  { readonly code: ErrorCode; readonly message: string; readonly again?: true }
>;

export type RefusedEvent = Extract<SeatEvent, { kind: 'refused' }>;

export function refusedFor(why: keyof typeof roomRefusals, ...numbers: readonly number[]): RefusedEvent {
  const refusal = roomRefusals[why];
  const message = format(refusal.message, ...numbers);
  return { kind: 'refused', code: refusal.code, message, ...('again' in refusal && { again: true }) };
}

export function refusedByLimit({ reason, message }: Refusal): RefusedEvent {
  return { kind: 'refused', code: 'ERR_RENDEZVOUS_REFUSED', message, reason };
}
