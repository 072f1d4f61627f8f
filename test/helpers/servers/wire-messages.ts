import { randomBytes } from 'node:crypto';
import type { JoinMessage } from '../../../source/protocol/rendezvous-messages.ts';

export function base64url(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

/** A valid join with random bytes. */
export function joinMessage(fields: Partial<JoinMessage> & { number: number }): JoinMessage {
  return {
    t: 'join',
    v: 1,
    client: base64url(16),
    share: base64url(32),
    nonce: base64url(16),
    rttMs: 20,
    ...fields,
  };
}
