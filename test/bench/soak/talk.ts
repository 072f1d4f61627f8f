import { EventEmitter, once } from 'node:events';
import { GaugedProgram } from './gauged-program.ts';

export interface TalkOptions {
  /** The rendezvous ports of the two. */
  readonly ports: readonly [one: number, other: number];
  readonly probePort: number;
  /** The room's number: 1000 or more, and different for each talk. */
  readonly number: number;
  readonly relay: 'never' | 'always';
  readonly home: string;
}

/**
 * Two chats in processes of their own, which send each other numbers. Each must
 * receive the other's in order, once.
 */
export class Talk {
  readonly programs: readonly [GaugedProgram, GaugedProgram];
  /** How many numbers both sides have received. */
  heard = 0;
  /** How many of them were not the next number. */
  wrong = 0;
  #breaks = 0;
  readonly #name: string;
  #said = 0;
  readonly #next: [number, number] = [0, 0];
  readonly #changes = new EventEmitter();
  #connected = 0;

  constructor({ ports, probePort, number, relay, home }: TalkOptions) {
    this.#name = `${number}, relay ${relay}`;
    const code = `${number}-velvet-orbit`;
    const words = ['--probe-port', String(probePort), '--relay', relay, '--code', code, '--json'];
    const begin: (side: 0 | 1) => GaugedProgram = (side) =>
      new GaugedProgram(['chat', '--server', `127.0.0.1:${ports[side]}`, ...words], home, (event) =>
        this.#saw(side, event),
      );
    this.programs = [begin(0), begin(1)];
  }

  /** Resolves when both are connected. */
  async begun(signal: AbortSignal): Promise<void> {
    await this.#until('connect', () => this.#connected === 2, signal);
  }

  /** Both send the next number. */
  say(): void {
    for (const program of this.programs) {
      program.say(String(this.#said));
    }
    this.#said += 1;
  }

  /** Resolves when each has received all numbers of the other. */
  async allHeard(signal: AbortSignal): Promise<void> {
    await this.#until('hear all', () => this.#next.every((next) => next === this.#said), signal);
  }

  /**
   * Cuts the connection. Resolves when one side has noticed, and all numbers
   * that are sent after that have arrived.
   */
  async survive(cut: () => void, signal: AbortSignal): Promise<void> {
    const before = this.#breaks;
    cut();
    await this.#until('notice the cut', () => this.#breaks > before, signal);
    this.say();
    await this.allHeard(signal);
  }

  /** Both leave. Resolves with their exit codes or signals. */
  leave(): Promise<(number | string)[]> {
    for (const program of this.programs) {
      program.endInput();
    }
    return Promise.all(this.programs.map(({ ended }) => ended));
  }

  async end(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.end()));
  }

  #saw(side: 0 | 1, { event, from, text }: Record<string, unknown>): void {
    if (event === 'connected') {
      this.#connected += 1;
    }
    // A side that finds another path before the old one is given up reports no loss.
    if (event === 'lost' || event === 'path') {
      this.#breaks += 1;
    }
    if (event === 'message' && from === 'peer') {
      this.heard += 1;
      if (text === String(this.#next[side])) {
        this.#next[side] += 1;
      } else {
        this.wrong += 1;
      }
    }
    this.#changes.emit('change');
  }

  async #until(what: string, isSo: () => boolean, signal: AbortSignal): Promise<void> {
    while (!isSo()) {
      await once(this.#changes, 'change', { signal }).catch((cause: unknown) => {
        const state = JSON.stringify({ said: this.#said, next: this.#next, wrong: this.wrong });
        throw new Error(`talk ${this.#name} did not ${what} in time: ${state}`, { cause });
      });
    }
  }
}
