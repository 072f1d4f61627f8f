import { addressBytes, familyOf, isInNetwork } from '../core/address.ts';
import type { Limits } from './limits.ts';
import { Quota } from './quota.ts';
import { refusal, type Refusal } from './refusal.ts';
import { Turnstile } from './turnstile.ts';

const minuteMs = 60_000;

/** An IPv6 customer is given a /64 at least, and has as many addresses as it likes in it. */
export const addressKey = (address: string): string =>
  familyOf(address) === 4 ? address : Buffer.from(addressBytes(address).subarray(0, 8)).toString('hex');

/** What a join may do to others. */
export interface JoinRisks {
  /** Find out whether there is such a room. */
  readonly mayMiss: boolean;
  /** Spend the room of two others. */
  readonly mayBurn: boolean;
}

/**
 * Who may come in and join, of all who come: shares by address, and in all.
 * Networks that are exempt have no share of their own; what holds in all holds
 * for them, too.
 */
export class Admission {
  readonly #limits: Limits;
  readonly #exempt: readonly string[];
  readonly #clients: Turnstile;
  readonly #probes: Turnstile;
  readonly #joins: Quota;
  readonly #opens: Quota;
  readonly #misses: Quota;
  readonly #burns: Quota;
  readonly #slowed: Quota;

  constructor(limits: Limits, exempt: readonly string[]) {
    this.#limits = limits;
    this.#exempt = exempt;
    const perMinutePerAddress = limits.connectionsPerMinutePerAddress;
    const perMinute = limits.connectionsPerMinute;
    const maxAtOncePerAddress = limits.maxConnectionsPerAddress;
    const lineBurst = limits.addressLineBurst;
    const lineEveryMs = limits.addressLineEveryMs;
    const shares = { maxAtOncePerAddress, perMinute, perMinutePerAddress, lineBurst, lineEveryMs };
    this.#clients = new Turnstile({ ...shares, maxAtOnce: limits.maxConnections });
    this.#probes = new Turnstile({ ...shares, maxAtOnce: limits.maxProbes });
    const inAll = limits.joinsPerMinute;
    this.#joins = new Quota({ windowMs: minuteMs, perKey: limits.joinsPerMinutePerAddress, inAll });
    this.#opens = new Quota({ windowMs: 10 * minuteMs, perKey: limits.opensPerAddress, inAll: 10 * inAll });
    this.#misses = new Quota({ windowMs: minuteMs, perKey: limits.missesPerMinutePerAddress, inAll });
    const blockMs = limits.burnerOutMs;
    this.#burns = new Quota({ windowMs: 10 * minuteMs, perKey: limits.maxBurns, inAll: 10 * inAll, blockMs });
    this.#slowed = new Quota({ windowMs: limits.burnerWaitMs, perKey: 1, inAll });
  }

  enter(address: string): Promise<Refusal | undefined> {
    return this.#clients.enter(this.#key(address));
  }

  leave(address: string): void {
    this.#clients.leave(this.#key(address));
  }

  /** Whether one who is in may send another line now. */
  takeLine(address: string, now: number): boolean {
    return this.#clients.takeLine(this.#key(address), now);
  }

  enterProbe(address: string): Promise<Refusal | undefined> {
    return this.#probes.enter(this.#key(address));
  }

  leaveProbe(address: string): void {
    this.#probes.leave(this.#key(address));
  }

  /** A room is asked for: a new one, or one that may have to be made again. */
  async open(address: string): Promise<Refusal | undefined> {
    const exceeded = await this.#opens.take(this.#key(address));
    if (exceeded === undefined) return undefined;
    return refusal(
      'address-open-rate',
      `${this.#limits.opensPerAddress} rooms in 10 min`,
      exceeded.comeAgainMs,
    );
  }

  async join(address: string, { mayMiss, mayBurn }: JoinRisks): Promise<Refusal | undefined> {
    const key = this.#key(address);
    if (key !== undefined) {
      const held =
        (mayMiss ? await this.#afterMisses(key) : undefined) ??
        (mayBurn ? await this.#afterBurns(key) : undefined);
      if (held !== undefined) return held;
    }
    const exceeded = await this.#joins.take(key);
    if (exceeded === undefined) return undefined;
    const { joinsPerMinute, joinsPerMinutePerAddress } = this.#limits;
    return exceeded.by === 'key'
      ? refusal('address-join-rate', `${joinsPerMinutePerAddress} joins a minute`, exceeded.comeAgainMs)
      : refusal('join-rate', `${joinsPerMinute} joins a minute`, exceeded.comeAgainMs);
  }

  /** A guest has named a room that does not exist. */
  async missed(address: string): Promise<void> {
    const key = this.#key(address);
    if (key !== undefined) await this.#misses.take(key);
  }

  /** A guest was matched, and its peer has not seen it hold the code. */
  async burnt(address: string): Promise<void> {
    const key = this.#key(address);
    if (key !== undefined) await this.#burns.take(key);
  }

  async #afterMisses(key: string): Promise<Refusal | undefined> {
    const limit = this.#limits.missesPerMinutePerAddress;
    const { taken, comeAgainMs } = await this.#misses.look(key);
    if (taken < limit) return undefined;
    return refusal('missing-rooms', `${limit} joins a minute to rooms that do not exist`, comeAgainMs);
  }

  async #afterBurns(key: string): Promise<Refusal | undefined> {
    const { freeBurns, maxBurns } = this.#limits;
    const { taken, comeAgainMs } = await this.#burns.look(key);
    if (taken < freeBurns) return undefined;
    if (taken >= maxBurns) return refusal('burnt-rooms', `${maxBurns} rooms joined in vain`, comeAgainMs);
    const slowed = await this.#slowed.take(key);
    if (slowed === undefined) return undefined;
    return refusal('burnt-rooms', `${freeBurns} rooms joined in vain`, slowed.comeAgainMs);
  }

  #key(address: string): string | undefined {
    return this.#exempt.some((network) => isInNetwork(address, network)) ? undefined : addressKey(address);
  }
}
