import { monitorNetwork } from '../../network/network-monitor.ts';
import { pause } from '../../network/waiting.ts';
import type { MeetingContext } from '../meeting-context.ts';
import type { WonChannel } from '../punch/establish-channel.ts';
import type { MetChannel } from '../meeting/connected-event.ts';
import type { Session } from './reconnect.ts';
import type { RestartWatch } from './restart-watch.ts';

/** The first frame of the screen does not need this code. */
async function loadReconnect() {
  const [{ reconnect }, { RestartWatch }] = await Promise.all([
    import('./reconnect.ts'),
    import('./restart-watch.ts'),
  ]);
  return { reconnect, RestartWatch };
}

interface PeerSearchListener {
  readonly onWon: (channel: WonChannel) => void;
  /** The peer had lost the session. This is the first channel of another one. */
  readonly onRestarted: (met: MetChannel) => void;
  /** The program has a bug: an expected failure leads to another try. */
  readonly onBug: (error: Error) => void;
}

/** Looks for another channel, until there is one or the old one revives. */
export class PeerSearch {
  readonly #context: MeetingContext;
  readonly #listener: PeerSearchListener;
  /** One for the whole session, because it has one guess. */
  #restartWatch: RestartWatch | undefined;
  #search: AbortController | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(context: MeetingContext, listener: PeerSearchListener) {
    this.#context = context;
    this.#listener = listener;
  }

  get underWay(): boolean {
    return this.#search !== undefined;
  }

  /** There is a channel. If it is lost, a spray may have taken all files, so the code is loaded before. */
  prepare(): void {
    loadReconnect().catch(() => undefined);
  }

  /** Goes back to the place after `delayMs`, with the role and the root of the first channel. */
  start(session: Session, delayMs: number): void {
    this.#seek(session, delayMs);
    // After this machine was asleep or has moved, a meeting that is under way leads nowhere. So we begin anew, at once.
    this.#stopWatching = monitorNetwork(() => {
      this.#search?.abort();
      this.#seek(session, 0);
    });
  }

  stop(): void {
    this.#search?.abort();
    this.#end();
  }

  /** The session is over. */
  close(): void {
    this.stop();
    this.#restartWatch?.close();
  }

  #end(): void {
    this.#search = undefined;
    this.#stopWatching?.();
  }

  #seek(session: Session, delayMs: number): void {
    const search = new AbortController();
    const { signal } = search;
    this.#search = search;
    const { onWon, onRestarted, onBug } = this.#listener;
    const context: MeetingContext = {
      ...this.#context,
      emit: (happening) => {
        if (!signal.aborted) {
          this.#context.emit(happening);
        }
      },
    };
    pause(delayMs, signal)
      .then(loadReconnect)
      .then((loaded) => loaded.reconnect(context, session, this.#watch(session, loaded), signal))
      .then(
        (found) => {
          if (signal.aborted) {
            ('won' in found ? found.won : found.restarted).link.destroy();
            return;
          }
          this.#end();
          if ('won' in found) {
            onWon(found.won);
          } else {
            onRestarted(found.restarted);
          }
        },
        (error: unknown) => {
          if (!signal.aborted) {
            onBug(error instanceof Error ? error : new Error(String(error)));
          }
        },
      );
  }

  #watch({ keys: { root } }: Session, loaded: { readonly RestartWatch: typeof RestartWatch }) {
    const { code, friend, restartPlace } = this.#context;
    const known = friend ?? code;
    if (known !== undefined && restartPlace !== undefined) {
      this.#restartWatch ??= new loaded.RestartWatch({
        context: this.#context,
        known,
        place: restartPlace(),
        root,
      });
    }
    return this.#restartWatch;
  }
}
