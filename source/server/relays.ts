import type { Log } from './log.ts';
import type { RefusalReason } from './refusal.ts';
import type { RelayLimits } from './relay-limits.ts';
import { Splice, type SpliceEnd, type SpliceOutcome } from './splice.ts';

/** Why a pair is not relayed. */
export type RelayRefusal =
  | 'ERR_RELAY_OFF'
  | 'ERR_RELAY_ALONE'
  | 'ERR_RELAY_FULL'
  | 'ERR_RELAY_ADDRESS_FULL'
  | 'ERR_RELAY_USED_UP';

/** Those that are limits, as they are counted. */
export const relayLimits: Partial<Record<RelayRefusal, RefusalReason>> = {
  ERR_RELAY_FULL: 'relayed-pairs',
  ERR_RELAY_ADDRESS_FULL: 'address-relayed-pairs',
  ERR_RELAY_USED_UP: 'relay-used-up',
};

/** One who has asked, and says nothing more until it is answered. */
export interface RelaySide {
  /** 16 random bytes of the client's process. */
  readonly client: string;
  readonly address: string;
  /** For the log. */
  readonly shown: string;
  /** JSON goes on. */
  refuse(code: RelayRefusal, message: string): void;
  /** Says `relaying`, and gives the connection away. */
  begin(): SpliceEnd;
}

interface Waiting {
  readonly side: RelaySide;
  readonly timer: NodeJS.Timeout;
}

interface Running {
  readonly splice: Splice;
  readonly addresses: ReadonlySet<string>;
}

export interface RelayOptions {
  readonly limits: RelayLimits;
  readonly log: Log;
  /** False: this server does not relay. */
  readonly isOn: boolean;
  /** By which the pairs of an address are counted; undefined where they are not. */
  readonly keyOf: (address: string) => string | undefined;
}

/** What was relayed since the start. */
export interface RelayTotals {
  readonly pairs: number;
  /** In both directions. */
  readonly bytes: number;
}

/**
 * The relayed pairs of one server, and those of whom one side has asked. Two
 * sides of one match find each other by its name; within one process, that is.
 */
export class Relays {
  readonly #limits: RelayLimits;
  readonly #log: Log;
  readonly #keyOf: RelayOptions['keyOf'];
  readonly #waiting = new Map<string, Waiting>();
  readonly #running = new Set<Running>();
  /** By the client's process: who has had all there is for a session. */
  readonly #spent = new Map<string, { readonly message: string; readonly until: number }>();
  readonly #totals = { pairs: 0, bytes: 0 };
  #off: string | undefined;
  #draining: NodeJS.Timeout | undefined;

  constructor({ limits, log, isOn, keyOf }: RelayOptions) {
    this.#limits = limits;
    this.#log = log;
    this.#keyOf = keyOf;
    if (!isOn) this.#off = 'this rendezvous does not relay';
  }

  counts(): { readonly relays: number; readonly relaysWaiting: number } {
    return { relays: this.#running.size, relaysWaiting: this.#waiting.size };
  }

  totals(): RelayTotals {
    return { ...this.#totals };
  }

  /** `session`: of a match, whose other side is to ask, too. Returns what withdraws the wish. */
  ask(session: string, side: RelaySide): () => void {
    const { relayWaitMs } = this.#limits;
    const other = this.#waiting.get(session);
    if (this.#off !== undefined) {
      side.refuse('ERR_RELAY_OFF', this.#off);
    } else if (other === undefined) {
      const alone = `the peer has not asked for the relay within ${relayWaitMs / 1000} s`;
      const timer = setTimeout(() => {
        this.#waiting.delete(session);
        side.refuse('ERR_RELAY_ALONE', alone);
      }, relayWaitMs);
      this.#waiting.set(session, { side, timer });
    } else {
      this.#forget(session, other);
      this.#begin(session, [other.side, side]);
    }
    return () => {
      const waiting = this.#waiting.get(session);
      if (waiting?.side === side) this.#forget(session, waiting);
    };
  }

  /** Begins no more; those that run may go on for a while. */
  drain(): void {
    this.#off = 'this rendezvous is going down';
    for (const [session, waiting] of this.#waiting) {
      this.#forget(session, waiting);
      waiting.side.refuse('ERR_RELAY_OFF', this.#off);
    }
    if (this.#running.size === 0) return;
    this.#draining = setTimeout(() => this.#destroyAll(), this.#limits.relayDrainMs);
  }

  /** Drops everything. */
  close(): void {
    for (const [session, waiting] of this.#waiting) this.#forget(session, waiting);
    this.#destroyAll();
  }

  #begin(session: string, sides: readonly [RelaySide, RelaySide]): void {
    const addresses = new Set(sides.flatMap(({ address }) => this.#keyOf(address) ?? []));
    const refusal = this.#refusalFor(sides, addresses);
    if (refusal !== undefined) {
      for (const side of sides) side.refuse(refusal.code, refusal.message);
      return;
    }
    const [one, other] = sides;
    const startedAt = performance.now();
    this.#totals.pairs += 1;
    this.#log.info({ session, one: one.shown, other: other.shown }, 'relay');
    const splice = new Splice([one.begin(), other.begin()], this.#limits, {
      onBytes: (bytes) => {
        this.#totals.bytes += bytes;
      },
      onOver: (outcome) => {
        this.#running.delete(running);
        if (this.#running.size === 0) clearTimeout(this.#draining);
        this.#remember(sides, outcome);
        const ms = Math.round(performance.now() - startedAt);
        this.#log.info({ session, outcome, bytes: running.splice.bytes, ms }, 'relay over');
      },
    });
    const running: Running = { splice, addresses };
    this.#running.add(running);
    splice.start();
  }

  #refusalFor(
    sides: readonly RelaySide[],
    addresses: ReadonlySet<string>,
  ): { readonly code: RelayRefusal; readonly message: string } | undefined {
    const { maxRelays, maxRelaysPerAddress } = this.#limits;
    const spent = sides.map(({ client }) => this.#spent.get(client)).find((one) => one !== undefined);
    if (spent !== undefined && performance.now() < spent.until) {
      return { code: 'ERR_RELAY_USED_UP', message: spent.message };
    }
    if (this.#running.size >= maxRelays) {
      return {
        code: 'ERR_RELAY_FULL',
        message: `this rendezvous relays ${countOfPairs(maxRelays)} at once, and has as many`,
      };
    }
    const isFull = [...addresses].some((address) => this.#runningFrom(address) >= maxRelaysPerAddress);
    if (!isFull) return undefined;
    return {
      code: 'ERR_RELAY_ADDRESS_FULL',
      message: `this rendezvous relays ${countOfPairs(maxRelaysPerAddress)} at once for one address, and has as many for one of yours`,
    };
  }

  #runningFrom(address: string): number {
    return [...this.#running].filter(({ addresses }) => addresses.has(address)).length;
  }

  #remember(sides: readonly RelaySide[], outcome: SpliceOutcome): void {
    const { maxRelayBytes, maxRelayMs, relayRestMs, maxSpentRelays } = this.#limits;
    if (outcome !== 'bytes' && outcome !== 'time') return;
    const what =
      outcome === 'bytes'
        ? `${Math.round(maxRelayBytes / 1024 / 1024)} MiB`
        : `${Math.round(maxRelayMs / 60_000)} min`;
    const spent = {
      message: `this rendezvous relays ${what} for one session, and this one has had them`,
      until: performance.now() + relayRestMs,
    };
    for (const { client } of sides) {
      this.#spent.delete(client);
      this.#spent.set(client, spent);
    }
    for (const [client, { until }] of this.#spent) {
      if (this.#spent.size <= maxSpentRelays && performance.now() < until) break;
      this.#spent.delete(client);
    }
  }

  #forget(session: string, { timer }: Waiting): void {
    clearTimeout(timer);
    this.#waiting.delete(session);
  }

  #destroyAll(): void {
    clearTimeout(this.#draining);
    for (const { splice } of this.#running) splice.destroy();
  }
}

const countOfPairs = (count: number): string => (count === 1 ? '1 pair' : `${count} pairs`);
