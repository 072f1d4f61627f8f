import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../../../errors.ts';
import { TimeoutError, within } from '../../../network/waiting.ts';
import type { MappedEndpoint } from '../../../protocol/rendezvous-messages.ts';
import type { MailboxClient } from './mailbox-client.ts';
import { RoomEntrance, type Found, type OwnEntry } from './wire/room-entrance.ts';
import { encodeBody, formatPhase } from './wire/room-messages.ts';

/** How long a guest waits where nobody waits yet: the one who opened the room may be on its way into it. */
const HOLD_MS = 3000;

export interface EnterOptions {
  readonly client: MailboxClient;
  readonly mailbox: string;
  readonly entry: OwnEntry;
  /** The round trip that the peer is told. Both sides compute the common moment from it. */
  readonly rttMs: number;
  /** Where we are seen by now. */
  readonly mapped: () => MappedEndpoint | undefined;
  /** Has this called when that changes. */
  readonly watchMapped: (onChange: () => void) => void;
  /** Gives the number of our next first message, which is higher than `earlier` and all before. */
  readonly nextCount: (earlier?: number) => number;
  /** Called if no peer is there yet. Returns how long to wait, in ms; undefined means without end. */
  readonly onWaiting: () => number | undefined;
  /** A guest of a room that somebody opened, who does not wait there. */
  readonly isGuest: boolean;
  readonly signal: AbortSignal;
}

/**
 * Opens the mailbox, posts our first message, and waits for the peer. Rejects with TimeoutError when the wait is over,
 * with ERR_NO_SUCH_ROOM if a guest finds nobody, with what ended the connection, or with the signal's reason.
 */
export async function enterMailbox(options: EnterOptions): Promise<Found> {
  const { client, mailbox, entry, isGuest, onWaiting, signal } = options;
  const entrance = new RoomEntrance(entry);
  const found = Promise.withResolvers<Found>();
  const empty = Promise.withResolvers<undefined>();
  found.promise.catch(() => undefined);
  function look() {
    if (entrance.found !== undefined) {
      found.resolve(entrance.found);
    }
  }
  client.listen({
    onGone: found.reject,
    onPosted: (posted) => {
      const answer = entrance.heard(posted, performance.now());
      if (answer !== undefined) {
        const body = encodeBody({ t: 'answer', rttMs: options.rttMs });
        client.send({ type: 'add', phase: formatPhase(answer), body });
      }
      look();
    },
  });
  client.send({ type: 'open', mailbox });
  const count = post(options);
  options.watchMapped(() => {
    if (entrance.found === undefined) {
      post(options);
    }
  });
  client.ping((isAlive) => {
    if (isAlive) {
      entrance.replayed();
      look();
      if (entrance.found === undefined && entrance.earlierCount >= count) {
        // The program before this one had the same name in this room, and the peer takes our message for an older one.
        post(options, entrance.earlierCount);
      }
      empty.resolve(undefined);
    }
  });
  try {
    await within(Promise.race([found.promise, empty.promise]), client.answerMs, signal);
    if (entrance.found !== undefined) {
      return entrance.found;
    }
    const waitMs = isGuest ? HOLD_MS : onWaiting();
    return await (waitMs === undefined
      ? untilAborted(found.promise, signal)
      : within(found.promise, waitMs, signal));
  } catch (error) {
    throw isGuest && error instanceof TimeoutError ? nobodyWaits(client.name) : error;
  } finally {
    options.watchMapped(() => undefined);
  }
}

/** The highest number holds, so a mapped endpoint that has changed is told by the same message again. Returns its number. */
function post(
  { client, entry: { nonce, seat, share }, rttMs, mapped, nextCount }: EnterOptions,
  earlierCount?: number,
): number {
  const seen = mapped();
  const body = encodeBody({
    t: 'join',
    ...(share !== undefined && { share }),
    ...(seen !== undefined && { mapped: plain(seen) }),
    rttMs,
  });
  const count = nextCount(earlierCount);
  client.send({ type: 'add', phase: formatPhase({ nonce, seat, count }), body });
  return count;
}

function plain({ address, port, probePort }: MappedEndpoint) {
  return { address, port, ...(probePort !== undefined && { probePort }) };
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    function onAbort() {
      reject(signal.reason);
    }
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) {
      onAbort();
    }
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function nobodyWaits(name: string): PunchlineError {
  return new PunchlineError('ERR_NO_SUCH_ROOM', `nobody waits in that room of the mailbox server ${name}`, {
    hint: 'Check the number of the code, and that your peer still waits. A code agreed beforehand takes a number of 1000 or more.',
  });
}
