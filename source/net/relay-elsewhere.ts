import type { Socket } from 'node:net';
import { PunchlineError } from '../errors.ts';
import type { Family } from '../events.ts';
import { parseServer } from '../network/endpoint.ts';
import type { MessageOf, ServerMessage } from '../protocol/rendezvous-messages.ts';
import { redirectRefusal } from '../core/redirect-refusal.ts';
import { relayAnswer } from '../connect/rendezvous/relay.ts';
import { Rendezvous, type RelayRefused } from '../connect/rendezvous/rendezvous.ts';
import { TimeoutError } from '../network/waiting.ts';

export interface RelayElsewhereOptions {
  /** That sends us. */
  readonly rendezvous: Rendezvous;
  readonly families: readonly Family[];
  readonly answerMs: number;
  readonly signal: AbortSignal;
}

/**
 * Goes to the server that relays in the place of our rendezvous: one dial, one
 * line, no further. Resolves with the connection, which is the caller's, or
 * with why there is none. Rejects with the signal's reason.
 */
export async function relayElsewhere(
  { server, ticket }: MessageOf<ServerMessage, 'redirect'>,
  { rendezvous, families, answerMs, signal }: RelayElsewhereOptions,
): Promise<Socket | RelayRefused> {
  let elsewhere: Rendezvous | undefined;
  try {
    elsewhere = await Rendezvous.dial({
      server: parseServer(server),
      family: families.length === 1 ? families[0] : undefined,
      refusal: (address) => redirectRefusal(address, rendezvous.remote.address),
      // Nobody has to know how we are mapped there.
      onBound: () => undefined,
      signal,
    });
    const answer = await relayAnswer(elsewhere, { ticket, answerMs, signal });
    if (!('t' in answer)) rendezvous.relayedElsewhere();
    else if (answer.t === 'redirect') return refused(`${elsewhere.server} sends us further`);
    return answer;
  } catch (error) {
    if (error instanceof PunchlineError) return refused(error.message);
    if (error instanceof TimeoutError) return refused(`${server} says nothing`);
    throw error;
  } finally {
    // One that has become the relay is not its own any more.
    elsewhere?.destroy();
  }
}

const refused = (message: string): RelayRefused => ({
  t: 'relay-refused',
  code: 'ERR_RELAY_APART',
  message: `the peer is at another server, and ${message}`,
});
