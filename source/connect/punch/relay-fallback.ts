import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../../errors.ts';
import { forwardedReach, pairReach } from '../../nat/reach.ts';
import type { RelayWish } from '../../protocol/relay-wish.ts';
import type { HelloMessage } from '../../protocol/sealed-messages.ts';
import type { PairFacts } from './pair-facts.ts';
import type { Connection } from '../../network/sockets.ts';
import { pause, TimeoutError, within } from '../../network/waiting.ts';
import type { MeetingContext } from '../meeting-context.ts';
import type { Visit } from '../place.ts';

export interface FallBackOptions {
  readonly context: MeetingContext;
  readonly visit: Visit;
  readonly hello: Promise<HelloMessage>;
  /** We wait for the hello until the punch is over; longer if we want only the relay. */
  readonly punching: Promise<void>;
  /** What is known of both sides, once the hello has come. */
  readonly facts: () => PairFacts;
  /** When the first SYN left, by performance.now(). */
  readonly dialledAt: number;
  /** Called when it is known in how many ms we will ask for a relay. */
  readonly onWait: (relayInMs: number) => void;
  /** Hands on the relay's connection, which has not proven itself. The receiver owns it. */
  readonly onSocket: (connection: Connection) => void;
  /** Aborted when a channel is won, or none is wanted any more. */
  readonly signal: AbortSignal;
}

/**
 * Asks the place to relay if both sides allow it and punching has not succeeded
 * in time. Resolves with undefined when there is a connection, or with a
 * sentence on why there is none, where that is known. Does not reject.
 */
export async function fallBack(options: FallBackOptions): Promise<string | undefined> {
  const { context, hello, punching, signal } = options;
  const { relay: wish, waits } = context;
  if (wish === 'never') {
    return 'A relay could have connected you: allow it on both sides, with --relay auto.';
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
    // The place is gone, or the peer has said nothing. Those who wait for them report that.
    if (error instanceof PunchlineError || error instanceof TimeoutError || signal.aborted) {
      return undefined;
    }
    throw error;
  }
}

function refusalOf(theirs: RelayWish | undefined): string | undefined {
  if (theirs === 'never') {
    return 'The peer allows no relay (--relay never), which could have connected you.';
  }
  return theirs === undefined
    ? 'The version of the peer knows no relay, which could have connected you.'
    : undefined;
}

/** `insists`: the side that wants only the relay. */
async function ask(
  options: FallBackOptions,
  insists: 'us' | 'peer' | undefined,
): Promise<string | undefined> {
  const { context, visit, onWait, onSocket, signal } = options;
  const { emit } = context;
  const reason = insists === undefined ? await outwaitPunching(options) : insistence[insists];
  if (insists !== undefined) {
    onWait(0);
  }
  signal.throwIfAborted();
  emit({ event: 'relay', state: 'asked', reason });
  const answer = await visit.relay(signal);
  if (typeof answer !== 'string') {
    onSocket(answer);
    return undefined;
  }
  emit({ event: 'relay', state: 'refused', reason: answer });
  return context.place.kind === 'mailbox'
    ? `There is no relay: ${answer}.`
    : `The rendezvous refused to relay: ${answer}.`;
}

const insistence = { us: 'as we asked for', peer: 'as the peer asked for' } as const;

/** Waits as long as punching may take, and resolves with why the relay is asked then. */
async function outwaitPunching({
  context,
  facts,
  dialledAt,
  onWait,
  signal,
}: FallBackOptions): Promise<string> {
  const { relayMs, hopelessMs, forwardedMs } = context.waits;
  async function untilDialledFor(ms: number) {
    const leftMs = Math.max(0, Math.round(dialledAt + ms - performance.now()));
    onWait(leftMs);
    await pause(leftMs, signal);
    return `no direct connection within ${ms / 1000} s`;
  }
  if (hopeless(facts()) === undefined) {
    return untilDialledFor(relayMs);
  }
  // The verdict assumes that both NATs filter. Where one does not, the first dial connects.
  await untilDialledFor(hopelessMs);
  const { forwarded } = facts();
  if (forwardedReach(forwarded) !== undefined) {
    // A router may lie about a port that it maps, and then nothing else can work. So nobody waits longer for that port.
    return untilDialledFor(forwardedMs);
  }
  const why = hopeless(facts());
  return why === undefined ? untilDialledFor(relayMs) : `no direct connection is possible: ${why}`;
}

/** Why two NATs let nobody through, as far as we know; undefined if they may. */
function hopeless({ own, peer, unseen }: PairFacts): string | undefined {
  if (unseen !== undefined) {
    return unseen;
  }
  const { verdict, why } = pairReach(own, peer);
  return verdict === 'no' ? why : undefined;
}

export interface TakeConnectionOptions {
  readonly visit: Visit;
  readonly hello: Promise<HelloMessage>;
  /** Whether the place is ours. Else it is the peer's. */
  readonly isHost: boolean;
  /** How long the other side may take, once it has greeted us. */
  readonly waitMs: number;
  /** Hands on the connection, which has not proven itself. The receiver owns it. */
  readonly onSocket: (connection: Connection) => void;
  readonly signal: AbortSignal;
}

/**
 * One side is the place itself: asks for the connection to the place to become the connection to the peer. A
 * rendezvous that only claims this would relay without being asked to, so the peer must confirm it in its seal.
 * Resolves with undefined when there is a connection, or with a sentence on why there is none. Does not reject.
 */
export async function takeConnection({
  visit,
  hello,
  isHost,
  waitMs,
  onSocket,
  signal,
}: TakeConnectionOptions): Promise<string | undefined> {
  try {
    const { here = false } = await hello;
    if (here === isHost) {
      return isHost
        ? 'Both sides say that they are the host'
        : 'The peer does not confirm that it is the host';
    }
    const answer = await within(visit.relay(signal), waitMs, signal);
    if (typeof answer === 'string') {
      return isHost ? `No connection: ${answer}` : `The host refused: ${answer}`;
    }
    onSocket(answer);
    return undefined;
  } catch (error) {
    if (error instanceof TimeoutError) {
      return `The ${isHost ? 'guest' : 'host'} has not handed it over within ${waitMs / 1000} s`;
    }
    // The place is gone, or the peer has said nothing. Those who wait for them report that.
    if (error instanceof PunchlineError || error instanceof TimeoutError || signal.aborted) {
      return undefined;
    }
    throw error;
  }
}
