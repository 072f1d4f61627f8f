import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../../errors.ts';
import type { Family, Happening } from '../../events.ts';
import { pairReach } from '../../nat/reach.ts';
import { safeText } from '../../text/safe-text.ts';
import type { RelayWish } from '../../protocol/relay-wish.ts';
import type { HelloMessage } from '../../protocol/sealed-messages.ts';
import type { PairFacts } from './punch-failure.ts';
import { pause, TimeoutError, within } from '../../network/waiting.ts';
import { relayAnswer } from '../rendezvous/relay.ts';
import type { RelayRefused, Rendezvous } from '../rendezvous/rendezvous.ts';
import type { Waits } from '../connect-options.ts';

export interface FallBackOptions {
  readonly rendezvous: Rendezvous;
  readonly wish: RelayWish;
  /** In which a server may be dialled to which ours sends us. */
  readonly families: readonly Family[];
  readonly hello: Promise<HelloMessage>;
  /** Until this is over, the hello is waited for; where nothing but the relay is wanted, longer. */
  readonly punching: Promise<void>;
  /** What is known of both sides; once the hello has come. */
  readonly facts: () => PairFacts;
  /** When the first SYN left, by performance.now(). */
  readonly dialledAt: number;
  readonly waits: Waits;
  readonly emit: (happening: Happening) => void;
  /** The relay's connection, which has proven nothing yet. The receiver owns it. */
  readonly onSocket: (socket: Socket, origin: 'relayed') => void;
  /** Aborted once a channel is won, or nothing more is wanted. */
  readonly signal: AbortSignal;
}

/**
 * Asks the rendezvous to relay where both sides allow it and punching has not
 * succeeded in time. Resolves when there is a connection, or with a sentence on
 * why there is none, where that is known. Does not reject.
 */
export async function fallBack(options: FallBackOptions): Promise<string | undefined> {
  const { wish, hello, punching, waits, signal } = options;
  if (wish === 'never') {
    return 'A relay would have carried it: leave out --no-relay, on both sides.';
  }
  try {
    const theirs = await within(
      Promise.race(wish === 'always' ? [hello] : [hello, punching]),
      waits.sealMs,
      signal,
    );
    if (theirs === undefined) {
      return undefined;
    }
    const refusal = refusalOf(theirs.relay);
    if (refusal !== undefined) {
      return refusal;
    }
    return await ask(options, wish === 'always' ? 'us' : theirs.relay === 'always' ? 'peer' : undefined);
  } catch (error) {
    // The rendezvous is gone, or the peer has said nothing: whoever waits for them says so.
    if (error instanceof PunchlineError || error instanceof TimeoutError || signal.aborted) {
      return undefined;
    }
    throw error;
  }
}

function refusalOf(theirs: RelayWish | undefined): string | undefined {
  if (theirs === 'never') {
    return 'The peer wants no relay (--no-relay), which would have carried it.';
  }
  return theirs === undefined
    ? 'The version of the peer knows no relay, which would have carried it.'
    : undefined;
}

/** `insists`: who wants the relay alone. */
async function ask(
  options: FallBackOptions,
  insists: 'us' | 'peer' | undefined,
): Promise<string | undefined> {
  const { facts, dialledAt, waits, emit, onSocket, signal } = options;
  const { waitMs, reason } = insists === undefined ? patienceOf(facts(), waits) : insistence[insists];
  await pause(Math.max(0, dialledAt + waitMs - performance.now()), signal);
  signal.throwIfAborted();
  emit({ event: 'relay', state: 'asked', reason });
  const answer = await answerOf(options);
  if (!('code' in answer)) {
    onSocket(answer, 'relayed');
    return undefined;
  }
  const words = safeText(answer.message);
  emit({ event: 'relay', state: 'refused', reason: words });
  return `The rendezvous refused to relay: ${words}.`;
}

async function answerOf({
  rendezvous,
  families,
  waits: { answerMs },
  signal,
}: FallBackOptions): Promise<Socket | RelayRefused> {
  const answer = await relayAnswer(rendezvous, { answerMs, signal });
  if (!('t' in answer && answer.t === 'redirect')) {
    return answer;
  }
  // Few are sent elsewhere, and a screen's first frame is not to wait for the code that follows.
  const { relayElsewhere } = await import('../rendezvous/relay.ts');
  return relayElsewhere(answer, { rendezvous, families, answerMs, signal });
}

const insistence = {
  us: { waitMs: 0, reason: 'as we asked for' },
  peer: { waitMs: 0, reason: 'as the peer asked for' },
} as const;

function patienceOf(
  { own, peer }: PairFacts,
  { relayMs, hopelessMs }: Waits,
): { readonly waitMs: number; readonly reason: string } {
  const { verdict, why } = pairReach(own, peer);
  return verdict === 'no'
    ? { waitMs: hopelessMs, reason: `no direct connection is possible: ${why}` }
    : { waitMs: relayMs, reason: `no direct connection within ${relayMs / 1000} s` };
}
