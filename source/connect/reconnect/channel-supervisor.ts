import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../../errors.ts';
import { ReconnectDelay } from './reconnect-delay.ts';
import type { Endpoint, Happening, Path } from '../../events.ts';
import type { MetChannel } from '../meeting/connected-event.ts';
import type { MeetingContext } from '../meeting-context.ts';
import { PathUpgrade } from './path-upgrade.ts';
import type { Won } from '../punch/race.ts';
import type { Session } from '../session/session.ts';
import { PeerSearch } from './peer-search.ts';
import type { WonChannel } from '../punch/establish-channel.ts';

export interface ChannelSupervisorListener {
  /** Whether the session has ended. Then we look for no channel any more. */
  readonly isOver: () => boolean;
  readonly onHappening: (happening: Happening) => void;
  readonly onLost: (reason: string) => void;
  readonly onResumed: (ms: number, resentBytes: number, path: Path) => void;
  /** The peer had lost the session. This is the first channel of another one. */
  readonly onRestarted: (met: MetChannel) => void;
  /** No other channel was found in time, or the program has a bug. */
  readonly onFailed: (error: Error) => void;
}

/** On which path the session runs, and why it was moved there. */
interface CurrentPath {
  readonly path: Path;
  readonly remote: Endpoint;
  readonly reason: string;
}

const betterReasons: Readonly<Record<Path, string>> = {
  lan: 'the peer is on this network',
  direct: 'a direct connection has become possible',
  relay: 'there is no other way',
};

/** Keeps a session on a channel. Looks for another one when a channel is suspect or gone, and tells what comes of it. */
export class ChannelSupervisor {
  readonly #session: Session;
  readonly #giveUpMs: number;
  readonly #listener: ChannelSupervisorListener;
  readonly #peerSearch: PeerSearch;
  readonly #reconnectDelay = new ReconnectDelay();
  #giveUp: NodeJS.Timeout | undefined;
  /** When the channel became suspect or ended, by performance.now(). */
  #troubledAt = 0;
  /** When we told that it was lost. */
  #lostAt: number | undefined;
  readonly #pathUpgrade: PathUpgrade;
  /** What the last meeting won. Role and root are the same in every meeting. */
  #won: WonChannel | undefined;
  /** Why the old channel ended while the peer may have moved to the one that we nominated. */
  #endedBecause: string | undefined;
  /** Why the place refused to relay, when it was last asked. */
  #notRelayed: string | undefined;
  #current: CurrentPath = { path: 'direct', remote: { address: '', port: 0 }, reason: '' };

  constructor(session: Session, first: MeetingContext, listener: ChannelSupervisorListener) {
    const context: MeetingContext = {
      ...first,
      received: () => session.received,
      emit: (happening) => {
        if (happening.event === 'relay') {
          this.#notRelayed = happening.state === 'refused' ? happening.reason : undefined;
        }
        listener.onHappening(happening);
      },
    };
    this.#session = session;
    this.#giveUpMs = context.giveUpMs;
    this.#listener = listener;
    this.#peerSearch = new PeerSearch(context, {
      onWon: (won) => {
        this.#won = won;
        this.#move(won, 'the earlier connection had become silent');
      },
      onRestarted: (met) => listener.onRestarted(met),
      onBug: (error) => listener.onFailed(error),
    });
    this.#pathUpgrade = new PathUpgrade(context, {
      say: (round) => session.sayRound(round),
      rttMs: () => session.rttMs,
      onWon: (won) => {
        this.#peerSearch.stop();
        this.#move(won, betterReasons[won.path]);
      },
      onMissed: () => {
        if (this.#endedBecause !== undefined) {
          this.#loseAndReconnect(this.#endedBecause);
        }
      },
      onBug: (error) => listener.onFailed(error),
    });
    session.waitWhile(() => this.#pathUpgrade.hasNominated);
    session.on('round', (theirs) => this.#pathUpgrade.heard(theirs));
    session.on('suspect', () => {
      context.blackHole.channelSuspect(session.carried);
      this.#reconnect();
    });
    session.on('silent', () => this.lose('the connection is silent'));
    session.on('gone', (reason) => {
      if (listener.isOver()) {
        return;
      }
      // The peer may have moved to the channel that we nominated, and its first word there may be on the way.
      if (this.#pathUpgrade.hasNominated) {
        this.#endedBecause = reason;
      } else {
        this.#loseAndReconnect(reason);
      }
    });
    session.on('revived', () => {
      context.blackHole.channelRevived();
      // The old channel stays, and nothing was lost.
      this.#peerSearch.stop();
      if (this.#lostAt !== undefined) {
        this.#found(0);
      }
    });
    session.on('resumed', (resentBytes) => this.#found(resentBytes));
  }

  /** Whether there has been a channel. */
  get hasBegun(): boolean {
    return this.#won !== undefined;
  }

  /** Begins with the first channel. */
  begin(won: WonChannel): void {
    this.#won = won;
    this.#current = { path: won.path, remote: won.remote, reason: '' };
    this.#reconnectDelay.begun(performance.now());
    this.#peerSearch.prepare();
    this.#session.attach(won.link);
    this.#pathUpgrade.begin(won.path, won);
  }

  /** Tells once that there is no channel, and waits a bounded time for another one. */
  lose(reason: string): void {
    if (this.#lostAt !== undefined || this.#listener.isOver()) {
      return;
    }
    this.#lostAt = performance.now();
    this.#listener.onLost(reason);
    this.#giveUp = setTimeout(() => {
      const why = this.#notRelayed === undefined ? '' : `, and was not relayed: ${this.#notRelayed}`;
      const seconds = Math.round(this.#giveUpMs / 1000);
      this.#listener.onFailed(lost(`${reason}, and it did not come back within ${seconds} s${why}`));
    }, this.#giveUpMs);
  }

  stop(): void {
    clearTimeout(this.#giveUp);
    this.#peerSearch.close();
    this.#pathUpgrade.stop();
  }

  #move({ link, peerReceived, path, remote }: Won, reason: string): void {
    this.#current = { path, remote, reason };
    this.#reconnectDelay.begun(performance.now());
    this.#endedBecause = undefined;
    // The session comes last: resuming may end it, and that stops the search again.
    if (this.#won !== undefined) {
      this.#pathUpgrade.begin(path, this.#won);
    }
    this.#session.resume(link, peerReceived);
  }

  /** The channel is gone. */
  #loseAndReconnect(reason: string): void {
    this.#endedBecause = undefined;
    this.#noteTrouble();
    this.lose(reason);
    this.#reconnect();
  }

  /** Goes back to the place for another channel. Meanwhile the old one may revive. */
  #reconnect(): void {
    if (this.#won === undefined || this.#peerSearch.underWay || this.#listener.isOver()) {
      return;
    }
    this.#noteTrouble();
    this.#peerSearch.start(this.#won, this.#reconnectDelay.nextMs(performance.now()));
  }

  /** Notes when the trouble began. Later signs, while a search is under way, belong to the same trouble. */
  #noteTrouble(): void {
    if (this.#lostAt === undefined && !this.#peerSearch.underWay) {
      this.#troubledAt = performance.now();
    }
  }

  #found(resentBytes: number): void {
    this.#notRelayed = undefined;
    clearTimeout(this.#giveUp);
    if (this.#lostAt === undefined) {
      this.#listener.onHappening({ event: 'path', ...this.#current });
      return;
    }
    this.#lostAt = undefined;
    this.#listener.onResumed(
      Math.round(performance.now() - this.#troubledAt),
      resentBytes,
      this.#current.path,
    );
  }
}

/** The error of a connection that was there once. */
export function lost(reason: string): PunchlineError {
  return new PunchlineError('ERR_CONNECTION_LOST', `the connection to the peer was lost: ${reason}`, {
    hint: 'Start again on both sides, with a new code.',
  });
}
