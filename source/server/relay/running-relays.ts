import type { Log } from '../log.ts';
import type { RelayLimits } from '../limits.ts';
import type { RelayRefusal, RelaySide } from './relay-offer.ts';
import type { Share, Shares } from '../admission/shares.ts';
import { Splice, type SpliceOutcome } from './splice.ts';

interface Running {
  readonly splice: Splice;
  /** The shares of both sides, by key. */
  readonly shares: ReadonlyMap<string, Share>;
}

/** The totals of the relay since the server started. */
export interface RelayTotals {
  readonly pairs: number;
  /** In both directions. */
  readonly bytes: number;
}

export interface RunningRelaysOptions {
  readonly limits: RelayLimits;
  readonly log: Log;
  /** The pairs of an address are counted by these shares. */
  readonly sharesOf: (address: string) => Shares;
}

/** The pairs that one server relays, within its limits. */
export class RunningRelays {
  readonly #limits: RelayLimits;
  readonly #log: Log;
  readonly #sharesOf: RunningRelaysOptions['sharesOf'];
  readonly #running = new Set<Running>();
  /** Clients whose session has used up its bytes or time, by the id of the client's process. */
  readonly #spent = new Map<string, { readonly message: string; readonly until: number }>();
  readonly #totals = { pairs: 0, bytes: 0 };
  #draining: NodeJS.Timeout | undefined;

  constructor({ limits, log, sharesOf }: RunningRelaysOptions) {
    this.#limits = limits;
    this.#log = log;
    this.#sharesOf = sharesOf;
  }

  get size(): number {
    return this.#running.size;
  }

  get totals(): RelayTotals {
    return { ...this.#totals };
  }

  /** Joins the two connections, or refuses both. */
  begin(session: string, sides: readonly [RelaySide, RelaySide]): void {
    const refusal = this.refusalFor(sides);
    if (refusal !== undefined) {
      for (const side of sides) {
        side.refuse(refusal.code, refusal.message);
      }
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
        if (this.#running.size === 0) {
          clearTimeout(this.#draining);
        }
        this.#remember(sides, outcome);
        const ms = Math.round(performance.now() - startedAt);
        this.#log.info({ session, outcome, bytes: running.splice.bytes, ms }, 'relay over');
      },
    });
    const running: Running = { splice, shares: this.#sharesOfAll(sides) };
    this.#running.add(running);
    splice.start();
  }

  /** After a while, drops the pairs that are left. */
  drain(): void {
    if (this.#running.size === 0) {
      return;
    }
    this.#draining = setTimeout(() => this.close(), this.#limits.relayDrainMs);
  }

  /** Drops everything. */
  close(): void {
    clearTimeout(this.#draining);
    for (const { splice } of this.#running) {
      splice.destroy();
    }
  }

  /** The reason why these sides would not be relayed; undefined if they would. */
  refusalFor(
    sides: readonly Pick<RelaySide, 'client' | 'address'>[],
  ): { readonly code: RelayRefusal; readonly message: string } | undefined {
    const { maxRelays, maxRelaysPerAddress } = this.#limits;
    const spent = sides.map(({ client }) => this.#spent.get(client)).find((one) => one !== undefined);
    if (spent !== undefined && performance.now() < spent.until) {
      return { code: 'ERR_RELAY_USED_UP', message: spent.message };
    }
    if (this.#running.size >= maxRelays) {
      return {
        code: 'ERR_RELAY_FULL',
        message: `this rendezvous relays ${countOfPairs(maxRelays)} at once, and is full`,
      };
    }
    const full = [...this.#sharesOfAll(sides).values()].find(
      (share) => this.#runningOf(share) >= maxRelaysPerAddress * share.times,
    );
    if (full === undefined) {
      return undefined;
    }
    const whose = full.times === 1 ? 'address' : 'network (an IPv6 /48)';
    return {
      code: 'ERR_RELAY_ADDRESS_FULL',
      message: `this rendezvous relays ${countOfPairs(maxRelaysPerAddress * full.times)} at once for one ${whose}, and one of yours has as many`,
    };
  }

  #sharesOfAll(sides: readonly Pick<RelaySide, 'address'>[]): ReadonlyMap<string, Share> {
    return new Map(
      sides.flatMap(({ address }) => this.#sharesOf(address)).map((share) => [share.key, share]),
    );
  }

  #runningOf({ key }: Share): number {
    return [...this.#running].filter(({ shares }) => shares.has(key)).length;
  }

  #remember(sides: readonly RelaySide[], outcome: SpliceOutcome): void {
    const { maxRelayBytes, maxRelayMs, relayRestMs, maxSpentRelays } = this.#limits;
    if (outcome !== 'bytes' && outcome !== 'time') {
      return;
    }
    const what =
      outcome === 'bytes'
        ? `${Math.round(maxRelayBytes / 1024 / 1024)} MiB`
        : `${Math.round(maxRelayMs / 60_000)} min`;
    const spent = {
      message: `this rendezvous relays ${what} for one session, and this one has used them up`,
      until: performance.now() + relayRestMs,
    };
    for (const { client } of sides) {
      this.#spent.delete(client);
      this.#spent.set(client, spent);
    }
    for (const [client, { until }] of this.#spent) {
      if (this.#spent.size <= maxSpentRelays && performance.now() < until) {
        break;
      }
      this.#spent.delete(client);
    }
  }
}

function countOfPairs(count: number): string {
  return count === 1 ? '1 pair' : `${count} pairs`;
}
