import { networkMatcher } from '../../network/address.ts';
import { Charges, type Charge } from './charges.ts';
import type { Limits } from '../limits.ts';
import { Quota } from './quota.ts';
import { refusal, type Refusal } from './refusal.ts';
import { sharesOf, type Shares } from './shares.ts';
import { ConnectionLimit } from './connection-limit.ts';

const MINUTE_MS = 60_000;

/** What a join may do to others. */
export interface JoinRisks {
  /** Find out whether there is such a room. */
  readonly mayMiss: boolean;
  /** Spend the room of two others. */
  readonly mayBurn: boolean;
}

/** What a join that was let in has been charged with, for what it may do. */
export interface JoinCharges {
  readonly miss: Charge | undefined;
  readonly burn: Charge | undefined;
}

/**
 * Who may come in and join, of all who come: shares by address, and in all.
 * Networks that are exempt have no share of their own; what holds in all holds
 * for them, too.
 */
export class Admission {
  readonly #limits: Limits;
  readonly #isExempt: (address: string) => boolean;
  readonly #clients: ConnectionLimit;
  readonly #probes: ConnectionLimit;
  readonly #joins: Quota;
  readonly #misses: Charges;
  readonly #burns: Charges;
  readonly #slowed: Charges;

  constructor(limits: Limits, exempt: readonly string[]) {
    this.#limits = limits;
    this.#isExempt = networkMatcher(exempt);
    const perMinutePerAddress = limits.connectionsPerMinutePerAddress;
    const perMinute = limits.connectionsPerMinute;
    const maxAtOncePerAddress = limits.maxConnectionsPerAddress;
    const lineBurst = limits.addressLineBurst;
    const lineEveryMs = limits.addressLineEveryMs;
    const bounds = { maxAtOncePerAddress, perMinute, perMinutePerAddress, lineBurst, lineEveryMs };
    this.#clients = new ConnectionLimit({ ...bounds, maxAtOnce: limits.maxConnections });
    this.#probes = new ConnectionLimit({ ...bounds, maxAtOnce: limits.maxProbes });
    const inAll = limits.joinsPerMinute;
    this.#joins = new Quota({ windowMs: MINUTE_MS, perAddress: limits.joinsPerMinutePerAddress, inAll });
    this.#misses = new Charges({ windowMs: MINUTE_MS, perAddress: limits.missesPerMinutePerAddress });
    this.#burns = new Charges({ windowMs: limits.burnWindowMs, perAddress: limits.maxBurns });
    this.#slowed = new Charges({ windowMs: limits.burnerWaitMs, perAddress: 1 });
  }

  /** What one from this address uses, canonical as sockets of ours tell it. Worked out once for each connection. */
  sharesOf(address: string): Shares {
    return this.#isExempt(address) ? [] : sharesOf(address);
  }

  enter(shares: Shares): Promise<Refusal | undefined> {
    return this.#clients.enter(shares);
  }

  leave(shares: Shares): void {
    this.#clients.leave(shares);
  }

  /** One who is in has sent so many lines. Whether another one may come now. */
  chargeLines(shares: Shares, now: number, lines: number): boolean {
    return this.#clients.chargeLines(shares, now, lines);
  }

  enterProbe(shares: Shares): Promise<Refusal | undefined> {
    return this.#probes.enter(shares);
  }

  leaveProbe(shares: Shares): void {
    this.#probes.leave(shares);
  }

  /**
   * Charges at once for what the join may do, for many may be under way. What it turns out not to have done, the
   * caller gives back.
   */
  async join(shares: Shares, { mayMiss, mayBurn }: JoinRisks): Promise<Refusal | JoinCharges> {
    const now = performance.now();
    const held =
      (mayMiss ? this.#afterMisses(shares, now) : undefined) ??
      (mayBurn ? this.#afterBurns(shares, now) : undefined);
    if (held !== undefined) {
      return held;
    }
    const charges: JoinCharges = {
      miss: mayMiss ? this.#misses.charge(shares, now) : undefined,
      burn: mayBurn ? this.#burns.charge(shares, now) : undefined,
    };
    const exceeded = await this.#joins.take(shares);
    if (exceeded === undefined) {
      return charges;
    }
    charges.miss?.giveBack();
    charges.burn?.giveBack();
    const reason = exceeded.share === undefined ? 'join-rate' : 'address-join-rate';
    return refusal(reason, exceeded, 'joins a minute');
  }

  /** Somebody has named a room that does not exist, whose join did not look like it. */
  missed(shares: Shares): void {
    this.#misses.charge(shares, performance.now());
  }

  /** The same for one who was matched with somebody's room. */
  burnt(shares: Shares): Charge {
    return this.#burns.charge(shares, performance.now());
  }

  #afterMisses(shares: Shares, now: number): Refusal | undefined {
    const full = this.#misses.full(shares, this.#limits.missesPerMinutePerAddress, now);
    return full && refusal('missing-rooms', full, 'joins a minute to rooms that do not exist');
  }

  #afterBurns(shares: Shares, now: number): Refusal | undefined {
    const { freeBurns, maxBurns } = this.#limits;
    const what = 'rooms joined in vain';
    const full = this.#burns.full(shares, maxBurns, now);
    if (full !== undefined) {
      return refusal('burnt-rooms', full, what);
    }
    const over = shares.filter((share) => this.#burns.full([share], freeBurns, now) !== undefined);
    const slow = this.#slowed.full(over, 1, now);
    if (slow !== undefined) {
      return refusal('burnt-rooms', { ...slow, limit: freeBurns * slow.limit }, what);
    }
    this.#slowed.charge(over, now);
    return undefined;
  }
}
