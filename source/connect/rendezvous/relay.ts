import type { RelayAnswer, Rendezvous } from './rendezvous.ts';
import { within } from '../../network/waiting.ts';

export interface RelayAnswerOptions {
  /** Where another server has sent us. */
  readonly ticket?: string | undefined;
  readonly answerMs: number;
  readonly signal: AbortSignal;
}

/** Asks to be relayed, and waits for a bounded time. Rejects with what ended the connection, TimeoutError, or the signal's reason. */
export async function relayAnswer(
  rendezvous: Rendezvous,
  { ticket, answerMs, signal }: RelayAnswerOptions,
): Promise<RelayAnswer> {
  const asked = rendezvous.relay(ticket);
  try {
    return await within(asked, answerMs, signal);
  } catch (error) {
    // An answer may still come, for nobody.
    void asked.then(drop, () => undefined);
    throw error;
  }
}

function drop(answer: RelayAnswer): void {
  if (!('t' in answer)) answer.destroy();
}
