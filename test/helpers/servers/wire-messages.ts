import { randomBytes } from 'node:crypto';
import type { JoinMessage } from '../../../source/protocol/rendezvous-messages.ts';

export const base64url = (bytes: number): string => randomBytes(bytes).toString('base64url');

/** A join that is valid, with random bytes. */
export const joinMessage = (fields: Partial<JoinMessage> & { number: number }): JoinMessage => ({
  t: 'join',
  v: 1,
  client: base64url(16),
  share: base64url(32),
  nonce: base64url(16),
  rttMs: 20,
  ...fields,
});
