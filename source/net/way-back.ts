import type { Happening } from '../events.ts';
import type { ConnectOptions } from '../connect/connect-options.ts';
import { remeet } from '../connect/reconnect/reconnect.ts';
import { watchSurroundings } from '../network/network-monitor.ts';
import type { WonChannel } from '../connect/punch/establish-channel.ts';

export interface WayBackListener {
  /** How far the peer's stream has been read. */
  readonly received: () => number;
  readonly onHappening: (happening: Happening) => void;
  readonly onWon: (channel: WonChannel) => void;
  /** Something that is not supposed to happen: what is, is tried again. */
  readonly onBug: (error: Error) => void;
}

/** The search for another channel, which may be called off when the old one revives. */
export class WayBack {
  readonly #options: ConnectOptions;
  readonly #listener: WayBackListener;
  #search: AbortController | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(options: ConnectOptions, listener: WayBackListener) {
    this.#options = options;
    this.#listener = listener;
  }

  get underWay(): boolean {
    return this.#search !== undefined;
  }

  /** Goes back to the rendezvous after `delayMs`, in the role and with the root of the first channel. */
  start(lost: WonChannel, delayMs: number): void {
    this.#seek(lost, delayMs);
    // What is under way ends nowhere when this machine was asleep, or has moved: from the beginning, without delay.
    this.#stopWatching = watchSurroundings(() => {
      this.#search?.abort();
      this.#seek(lost, 0);
    });
  }

  stop(): void {
    this.#search?.abort();
    this.#end();
  }

  #end(): void {
    this.#search = undefined;
    this.#stopWatching?.();
  }

  #seek({ role, client, probePort, keys: { root }, spray }: WonChannel, delayMs: number): void {
    const search = new AbortController();
    const { signal } = search;
    this.#search = search;
    const {
      server,
      family,
      lan = true,
      relay = 'auto',
      freshPort = false,
      mode = 'pipe',
      report,
      waits,
    } = this.#options;
    const { received, onHappening, onWon, onBug } = this.#listener;
    remeet({
      delayMs,
      server,
      probePort,
      family,
      lan,
      relay,
      freshPort,
      mode,
      report,
      waits,
      client,
      role,
      root,
      spray,
      received,
      signal,
      emit: (happening) => {
        if (!signal.aborted) onHappening(happening);
      },
    }).then(
      (channel) => {
        if (signal.aborted) {
          channel.link.destroy();
          return;
        }
        this.#end();
        onWon(channel);
      },
      (error: unknown) => {
        if (!signal.aborted) onBug(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }
}
