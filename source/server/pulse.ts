import { performance } from 'node:perf_hooks';
import type { Limits } from './limits.ts';

export interface PulseListener {
  /** No line has come in the time for the first one. */
  onMute(): void;
  onPing(): void;
  /** Nothing has come for so long that nobody is there any more. */
  onSilent(): void;
}

/** Bounds the wait for a client's first line; from then on pings it, and notices when it has gone without a word. */
export class Pulse {
  readonly #limits: Limits;
  readonly #listener: PulseListener;
  #timer: NodeJS.Timeout;
  #hasSpoken = false;
  #lastLineAt = 0;

  constructor(limits: Limits, listener: PulseListener) {
    this.#limits = limits;
    this.#listener = listener;
    this.#timer = setTimeout(() => listener.onMute(), limits.firstLineMs);
  }

  /** A line has come. */
  heard(): void {
    this.#lastLineAt = performance.now();
    if (this.#hasSpoken) return;
    this.#hasSpoken = true;
    clearTimeout(this.#timer);
    const { pingMs, silenceMs } = this.#limits;
    this.#timer = setInterval(() => {
      if (performance.now() - this.#lastLineAt < silenceMs) this.#listener.onPing();
      else this.#listener.onSilent();
    }, pingMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
