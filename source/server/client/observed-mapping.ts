import type { MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import type { Limits } from '../limits.ts';
import type { Probes } from './probes.ts';

/** How one client's NAT maps, as far as this server sees it: the endpoints of its connection and of its probes. */
export class ObservedMapping {
  readonly #probes: Probes;
  readonly #limits: Limits;
  #mapped: MappedEndpoint;
  #isOfProxy = false;
  /** Stops the current wait. A later wait replaces it. */
  #stop: (() => void) | undefined;

  constructor(mapped: MappedEndpoint, probes: Probes, limits: Limits) {
    this.#mapped = mapped;
    this.#probes = probes;
    this.#limits = limits;
  }

  get mapped(): MappedEndpoint {
    return this.#mapped;
  }

  /** What we see is a proxy. The probes of the client itself come from another address. */
  isOfProxy(): void {
    this.#isOfProxy = true;
  }

  /** Waits a moment for the probe of a join, and tells whether it was seen. */
  awaitProbe(token: string, callback: (isSeen: boolean) => void): void {
    this.#wait(token, this.#limits.probeWaitMs, (port) => {
      this.#observe(port);
      callback(port !== undefined);
    });
  }

  /** Waits longer for a client that has no peer yet: a probe whose SYN was lost still counts for the match. */
  awaitLateProbe(token: string, callback: () => void): void {
    this.#wait(token, this.#limits.lateProbeMs, (port) => {
      this.#observe(port);
      callback();
    });
  }

  /** A counting NAT is probed again for each round: the peer dials the port after the one seen now. */
  awaitRoundProbe(token: string, callback: (port: number | undefined) => void): void {
    this.#wait(token, this.#limits.roundProbeMs, callback);
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #wait(token: string, waitMs: number, callback: (port: number | undefined) => void): void {
    this.stop();
    this.#stop = this.#probes.wait(token, waitMs, (seen) => {
      // A probe from another address has another mapping, so its port says nothing about this one.
      callback(this.#isOfProxy || seen?.address === this.#mapped.address ? seen?.port : undefined);
    });
  }

  #observe(probePort: number | undefined): void {
    if (probePort !== undefined) {
      this.#mapped = { ...this.#mapped, probePort };
    }
  }
}
