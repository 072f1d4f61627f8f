import { performance } from 'node:perf_hooks';
import {
  keepaliveWakeAt,
  startKeepalive,
  stepKeepalive,
  type KeepaliveEvent,
  type KeepaliveState,
  type KeepaliveTimes,
} from '../core/keepalive.ts';
import { watchSurroundings } from './watch-surroundings.ts';

export interface ChannelWatchListener {
  /** Time to ask whether anybody is there. */
  onPing(): void;
  onSuspect(): void;
  /** An answer came after all. */
  onRevived(): void;
  /** Suspect for too long. `onRevived` may still follow. */
  onSilent(): void;
}

/** Drives the keepalive machine (core/keepalive.ts) with a real clock. */
export class ChannelWatch {
  readonly #times: KeepaliveTimes;
  readonly #listener: ChannelWatchListener;
  #state: KeepaliveState | undefined;
  #wake: NodeJS.Timeout | undefined;
  #wakeAt = Infinity;
  #stopWatching: (() => void) | undefined;

  constructor(times: KeepaliveTimes, listener: ChannelWatchListener) {
    this.#times = times;
    this.#listener = listener;
  }

  /** A new channel: silence counts from now. */
  start(): void {
    this.#state = startKeepalive(performance.now());
    this.#sleep();
    this.#stopWatching ??= watchSurroundings(() => this.#step({ type: 'doubted', now: performance.now() }));
  }

  heard(): void {
    this.#step({ type: 'heard', now: performance.now() });
  }

  /** An answer to what we sent: the channel carries both ways. */
  answered(): void {
    this.#step({ type: 'answered', now: performance.now() });
  }

  sent(): void {
    this.#step({ type: 'sent', now: performance.now() });
  }

  stop(): void {
    this.#state = undefined;
    this.#wakeAt = Infinity;
    clearTimeout(this.#wake);
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  #step(event: KeepaliveEvent): void {
    if (this.#state === undefined) return;
    const { state, effects } = stepKeepalive(this.#state, event, this.#times);
    this.#state = state;
    this.#sleep();
    for (const effect of effects) {
      if (effect === 'ping') this.#listener.onPing();
      else if (effect === 'suspect') this.#listener.onSuspect();
      else if (effect === 'revived') this.#listener.onRevived();
      else this.#listener.onSilent();
    }
  }

  /** A timer that fires too early asks again: cheaper than a new timer for each chunk. */
  #sleep(): void {
    if (this.#state === undefined) return;
    const wakeAt = keepaliveWakeAt(this.#state, this.#times) ?? Infinity;
    if (wakeAt >= this.#wakeAt) return;
    clearTimeout(this.#wake);
    this.#wakeAt = wakeAt;
    this.#wake = setTimeout(
      () => {
        this.#wakeAt = Infinity;
        // Timers come before sockets: after a standstill, an answer may lie there unread.
        setImmediate(() => this.#step({ type: 'woken', now: performance.now() }));
      },
      Math.max(0, Math.ceil(wakeAt - performance.now())),
    );
  }
}
