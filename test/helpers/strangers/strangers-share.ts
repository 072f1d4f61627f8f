import { randomBytes } from 'node:crypto';
import { createShare } from '../../../source/connect/keys/cpace.ts';
import type { JoinMessage } from '../../../source/protocol/rendezvous-messages.ts';
import { joinMessage } from '../servers/wire-messages.ts';

/** The share of somebody that holds another code. Random bytes are mostly no share, and then their sender has gone at once. */
export function strangersShare(): Uint8Array {
  return createShare({
    password: 'x-y',
    channelId: 'punchline/1',
    sessionId: '7',
    random: randomBytes(64),
  }).share;
}

/** With it such a stranger enters a room of a rendezvous, and is not taken for one that has left. */
export function strangersJoin(number: number): JoinMessage {
  return joinMessage({ number, share: Buffer.from(strangersShare()).toString('base64url') });
}
