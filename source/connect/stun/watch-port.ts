import type { Family } from '../../events.ts';
import { seenTwice, sightRefusal, type StunSight } from '../../nat/stun-sight.ts';
import { dial, type DialResult } from '../../network/dial.ts';
import { localEndpoint } from '../../network/sockets.ts';
import { pause } from '../../network/waiting.ts';
import type { ObservedPort } from '../place.ts';
import { ANSWER_MS, keepAsking } from './keep-asking.ts';
import type { StunServer } from './stun-servers.ts';

/** All questions leave together. This is how much longer the way to another server may be, once one has answered. */
const LATER_MS = 300;

/** What one server says, or why it has said nothing. */
export type StunAnswer =
  | { readonly server: StunServer; readonly sight: StunSight }
  | { readonly server: StunServer; readonly reason: string };

/** A port of ours, as STUN servers see it. It changes as they answer. */
export interface WatchedPort {
  /** In the order in which the servers were dialled. */
  readonly answers: readonly StunAnswer[];
  /** What follows from them. Undefined if nobody sees us, or no connection is left that would keep the mapping. */
  readonly observed: ObservedPort | undefined;
}

export interface WatchPortOptions {
  /** Addresses of one family, each endpoint once. */
  readonly servers: readonly StunServer[];
  readonly family: Family;
  /** 0, the default: any. */
  readonly localPort?: number;
  /** How long the other servers may take once one has answered. */
  readonly laterMs?: number;
  /** Called when an answer comes later or has changed, and when the last connection has ended. */
  readonly onChange?: (port: WatchedPort) => void;
  /** Ends it: closes the connections. */
  readonly signal: AbortSignal;
}

/**
 * Asks STUN servers over TCP at which endpoint they see one of our ports. All of
 * them are dialled from that port in one turn of the event loop. Resolves when
 * all have answered, or 300 ms after the first answer, or after 4 s. Never
 * rejects. The connections stay, because they keep the mapping, until the signal
 * is aborted.
 */
export async function watchPort(options: WatchPortOptions): Promise<WatchedPort> {
  const { servers, family, localPort = 0, laterMs = LATER_MS, onChange, signal } = options;
  const answers: StunAnswer[] = servers.map((server) => ({ server, reason: 'it has not answered yet' }));
  const alive = new Set<StunServer>();
  let isTold = false;
  const port: WatchedPort = {
    get answers() {
      return [...answers];
    },
    get observed() {
      return alive.size === 0 ? undefined : observedOf(answers, family);
    },
  };
  let onFirst: (() => void) | undefined;
  const first = new Promise<void>((resolve) => {
    onFirst = resolve;
  });
  function take(index: number, answer: StunAnswer) {
    answers[index] = answer;
    if ('sight' in answer) {
      alive.add(answer.server);
      onFirst?.();
    }
    if (isTold) {
      onChange?.(port);
    }
  }
  function lose(server: StunServer) {
    // What it said still holds while another connection keeps the mapping.
    if (alive.delete(server) && alive.size === 0 && isTold && !signal.aborted) {
      onChange?.(port);
    }
  }
  const all = askFrom(localPort, [...servers.entries()], { family, servers, take, lose, signal });
  await Promise.race([all, first.then(() => pause(laterMs, signal))]);
  isTold = true;
  return port;
}

type Entry = readonly [index: number, server: StunServer];

interface Asking {
  readonly family: Family;
  readonly servers: readonly StunServer[];
  readonly take: (index: number, answer: StunAnswer) => void;
  readonly lose: (server: StunServer) => void;
  readonly signal: AbortSignal;
}

/** The dial of the first one has a port as its SYN is about to leave. Then the others are dialled from the same port. */
async function askFrom(
  localPort: number,
  [first, ...others]: readonly Entry[],
  asking: Asking,
): Promise<void> {
  if (first === undefined) {
    return;
  }
  let rest: Promise<unknown> | undefined;
  await askOne(first, localPort, asking, (bound) => {
    rest = Promise.all(others.map((other) => askOne(other, bound, asking)));
  });
  // A dial that failed before it had a port leaves the choice to the next one.
  await (rest ?? askFrom(localPort, others, asking));
}

/** Resolves with the first answer, or without one. */
async function askOne(
  [index, server]: Entry,
  localPort: number,
  { family, servers, take, lose, signal }: Asking,
  onBound?: (localPort: number) => void,
): Promise<void> {
  const { outcome, socket, ms } = await dial({
    to: server,
    family,
    localPort,
    patienceMs: ANSWER_MS,
    ...(onBound && { onBound }),
    signal,
  });
  if (socket === undefined) {
    take(index, { server, reason: outcomeWords[outcome] });
    return;
  }
  const local = localEndpoint(socket);
  await new Promise<void>((resolve) => {
    let last: StunSight | undefined;
    const over = keepAsking(socket, {
      firstMs: ANSWER_MS - ms,
      signal,
      onSeen: (mapped) => {
        const sight = { local, mapped, server, roundTripMs: ms };
        const refusal = sightRefusal(sight, servers);
        if (
          refusal === undefined &&
          (last?.mapped.address !== mapped.address || last.mapped.port !== mapped.port)
        ) {
          last = sight;
          take(index, { server, sight });
        }
        resolve();
        return refusal;
      },
    });
    void over.then((reason) => {
      if (last === undefined) {
        take(index, { server, reason });
      } else {
        lose(server);
      }
      resolve();
    });
  });
}

const outcomeWords: Record<DialResult['outcome'], string> = {
  connected: 'it was not asked',
  refused: 'it refused the connection',
  timeout: 'it did not answer',
  unreachable: 'it cannot be reached',
  abandoned: 'it is not asked any more',
};

function observedOf(answers: readonly StunAnswer[], family: Family): ObservedPort | undefined {
  const sights = answers.flatMap((answer) => ('sight' in answer ? [answer.sight] : []));
  const mapped = seenTwice(sights);
  const [first] = sights;
  return first && mapped && { family, local: first.local, mapped };
}
