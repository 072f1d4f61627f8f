import { performance } from 'node:perf_hooks';
import type { Path } from '../../events.ts';
import { isInNetwork } from '../../network/address.ts';
import { isBetterPath } from '../punch/path.ts';
import type { RoundPayload } from '../session/wire/round-payload.ts';
import { RoundTurns, nextRoundMs } from './round-turns.ts';
import type { BackgroundRoundOptions, LastMeeting } from './background-round.ts';
import type { MeetingContext } from '../meeting-context.ts';
import { ownNetworks } from '../../network/sockets.ts';
import type { Won } from '../punch/race.ts';
import { monitorNetwork } from '../../network/network-monitor.ts';
import { within } from '../../network/waiting.ts';

/** Bounds the wait for the peer's part of a round. The peer may be far away, and has to open its listeners first. */
const ANSWER_MS = 5000;
/** A channel that ends sooner was no gain. Then the pauses between rounds stay as long as they were. */
const STEADY_MS = 60_000;

/** The first frame of the screen does not need this code. */
function loadRound() {
  return import('./background-round.ts');
}

export interface PathUpgradeListener {
  /** Sends our part of a round over the present channel. */
  readonly say: (round: RoundPayload) => void;
  /** The round-trip time of the present channel, where it is known. */
  readonly rttMs: () => number | undefined;
  readonly onWon: (channel: Won) => void;
  /** The channel that we nominated carries nothing. */
  readonly onMissed: () => void;
  /** The program has a bug: an expected failure leads to another try. */
  readonly onBug: (error: Error) => void;
}

interface UnderWay {
  readonly n: number;
  readonly abort: AbortController;
  readonly answer: (theirs: RoundPayload) => void;
  isNominated: boolean;
}

/**
 * Looks for a better path while there is a channel, by rounds of punching in
 * the background. The pauses between them grow. A round begins at once when the
 * addresses of this machine or of the peer have changed, or when our router maps a port.
 */
export class PathUpgrade {
  readonly #context: MeetingContext;
  readonly #listener: PathUpgradeListener;
  readonly #turns = new RoundTurns();
  #lastMeeting: LastMeeting | undefined;
  #path: Path = 'lan';
  #begunAt = -Infinity;
  #tries = 0;
  #sharesNetwork: boolean | undefined;
  #stopWatching: (() => void) | undefined;
  #next: NodeJS.Timeout | undefined;
  #underWay: UnderWay | undefined;

  constructor(context: MeetingContext, listener: PathUpgradeListener) {
    this.#context = context;
    this.#listener = listener;
  }

  /** Whether we have nominated a channel on which the peer has not spoken yet. It may have moved there. */
  get hasNominated(): boolean {
    return this.#underWay?.isNominated === true;
  }

  /** The session runs on a channel, the first or a later one. */
  begin(path: Path, lastMeeting: LastMeeting): void {
    this.stop();
    this.#turns.restart();
    this.#lastMeeting = lastMeeting;
    this.#path = path;
    const now = performance.now();
    if (now - this.#begunAt >= STEADY_MS) {
      this.#tries = 0;
    }
    this.#begunAt = now;
    if (!this.#isWorthwhile) {
      return;
    }
    const stopMonitor = monitorNetwork(() => this.#beginAnew());
    // A router may answer only now. Between two that are connected directly its port is of no use.
    const stopPort = path === 'relay' ? this.#context.forwarded?.watch(() => this.#open()) : undefined;
    // A later round may find no descriptor left to load it with.
    loadRound().catch(() => undefined);
    this.#stopWatching = () => {
      stopMonitor();
      stopPort?.();
    };
    this.#sleep();
  }

  /** Takes the peer's part of a round. Throws ProtocolError if the round cannot be due. */
  heard(theirs: RoundPayload): void {
    const turn = this.#turns.hear(theirs.n, performance.now());
    if (this.#lastMeeting === undefined || !this.#isWorthwhile) {
      return;
    }
    const networks = ownNetworks();
    this.#sharesNetwork = theirs.hosts.some(({ address }) =>
      networks.some((network) => isInNetwork(address, network)),
    );
    if (turn === 'answer') {
      this.#underWay?.answer(theirs);
    }
    // The session is about to move to the channel that we nominated.
    else if (turn === 'opening' && !this.hasNominated) {
      this.#play(theirs.n, theirs);
    }
  }

  stop(): void {
    this.#stopWatching?.();
    clearTimeout(this.#next);
    this.#underWay?.abort.abort();
    this.#underWay = undefined;
    this.#lastMeeting = undefined;
  }

  get #isWorthwhile(): boolean {
    // A user who wants only the relay stays there.
    if (this.#path === 'relay') {
      return this.#context.relay !== 'always';
    }
    // From a direct path only host candidates lead to a better one.
    return this.#path === 'direct' && this.#context.lan;
  }

  /** We may be in another network, where nothing holds that we learnt in the last one. */
  #beginAnew(): void {
    this.#tries = 0;
    this.#sharesNetwork = undefined;
    this.#open();
  }

  #sleep(): void {
    clearTimeout(this.#next);
    const waitMs = nextRoundMs({
      path: this.#path,
      tries: this.#tries,
      sharesNetwork: this.#sharesNetwork,
    });
    if (waitMs !== undefined) {
      this.#next = setTimeout(() => this.#open(), waitMs);
    }
  }

  #open(): void {
    if (this.hasNominated) {
      return;
    }
    const n = this.#turns.open(performance.now());
    if (n === undefined) {
      this.#sleep();
    } else {
      this.#play(n, undefined);
    }
  }

  /** Plays one round. The peer has begun it with `theirs`; else we begin it. */
  #play(n: number, theirs: RoundPayload | undefined): void {
    const lastMeeting = this.#lastMeeting;
    if (lastMeeting === undefined) {
      return;
    }
    this.#underWay?.abort.abort();
    const abort = new AbortController();
    const { signal } = abort;
    const answered = Promise.withResolvers<RoundPayload>();
    const underWay: UnderWay = { n, abort, answer: answered.resolve, isNominated: false };
    this.#underWay = underWay;
    this.#tries += 1;
    this.#sleep();
    const { say, rttMs, onWon, onMissed, onBug } = this.#listener;
    const options: BackgroundRoundOptions = {
      lastMeeting,
      // Two peers that are connected directly have no use for another such path.
      observes: this.#path === 'relay',
      wants: (path) => isBetterPath(path, this.#path),
      exchange: async (ours) => {
        signal.throwIfAborted();
        say({ n, ...ours });
        if (theirs !== undefined) {
          return { theirs, startInMs: (rttMs() ?? 0) / 2 };
        }
        // The answer takes half a round trip to us. The peer waits as long, so that both dial at the same moment.
        return { theirs: await within(answered.promise, ANSWER_MS, signal), startInMs: 0 };
      },
      onNominated: () => {
        underWay.isNominated = true;
      },
      onAttempt: (attempt) => {
        if (!signal.aborted) {
          this.#context.emit({ event: 'attempt', ...attempt });
        }
      },
      signal,
    };
    loadRound()
      .then(({ backgroundRound }) => backgroundRound(this.#context, options))
      .then(
        (won) => {
          if (this.#underWay === underWay) {
            this.#underWay = undefined;
          }
          if (signal.aborted) {
            won?.link.destroy();
          } else if (won !== undefined) {
            onWon(won);
          } else if (underWay.isNominated) {
            onMissed();
          }
        },
        (error: unknown) => {
          if (!signal.aborted) {
            onBug(error instanceof Error ? error : new Error(String(error)));
          }
        },
      );
  }
}
