import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { ProtocolError } from '../../errors.ts';
import type { Endpoint } from '../../events.ts';
import { safeText } from '../../text/safe-text.ts';
import {
  createStunDecoder,
  encodeBindingRequest,
  TRANSACTION_BYTES,
  type StunMessage,
} from './wire/stun-message.ts';

/** How long a server may take to answer, its handshake included. TCP sends a lost packet again after 1 and 3 s. */
export const ANSWER_MS = 4000;
/** A NAT forgets an idle connection, and then our mapping is gone. As often as we ping a rendezvous. */
const ASK_EVERY_MS = 20_000;
/** Bounds what is shown of a server's reason. RFC 8489 allows 128 characters. */
const MAX_REASON_LENGTH = 128;

export interface KeepAskingOptions {
  /** How long the first answer may take. */
  readonly firstMs: number;
  /** Called with each answer. What it returns ends the connection. */
  readonly onSeen: (mapped: Endpoint) => string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Asks a STUN server over a connection at which endpoint it sees us, at once and
 * every 20 s, because the mapping lives as long as the connection. Resolves with
 * the reason why that ended, and destroys the socket. Never rejects.
 */
export function keepAsking(socket: Socket, { firstMs, onSeen, signal }: KeepAskingOptions): Promise<string> {
  return new Promise((resolve) => {
    const decoder = createStunDecoder();
    let asked: Uint8Array | undefined;
    let timer: NodeJS.Timeout | undefined;

    function end(reason: string) {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      // Never half-closed: coturn answers that with RST (tried).
      socket.destroy();
      resolve(reason);
    }
    function onAbort() {
      return end('it is not asked any more');
    }
    function ask(patienceMs: number) {
      asked = randomBytes(TRANSACTION_BYTES);
      socket.write(encodeBindingRequest(asked));
      timer = setTimeout(() => end('it did not answer'), patienceMs);
    }
    function take(message: StunMessage) {
      if (asked === undefined || Buffer.compare(message.transaction, asked) !== 0) {
        throw new ProtocolError('it answered what was not asked');
      }
      asked = undefined;
      clearTimeout(timer);
      const refusal =
        message.type === 'seen'
          ? onSeen(message.mapped)
          : `it refused with ${message.code} ${safeText(message.reason.slice(0, MAX_REASON_LENGTH))}`.trimEnd();
      if (refusal !== undefined) {
        end(refusal);
        return;
      }
      timer = setTimeout(ask, ASK_EVERY_MS, ANSWER_MS);
    }

    socket.on('data', (chunk) => {
      try {
        for (const message of decoder.push(chunk)) {
          take(message);
        }
      } catch (error) {
        end(error instanceof ProtocolError ? error.message : 'it could not be understood');
        if (!(error instanceof ProtocolError)) {
          throw error;
        }
      }
    });
    socket.once('close', () => end('it closed the connection'));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) {
      onAbort();
    } else {
      ask(firstMs);
    }
  });
}
