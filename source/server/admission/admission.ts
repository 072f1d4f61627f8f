import { networkMatcher } from '../../network/address.ts';
import { Charges, type Charge } from './charges.ts';
import type { Limits } from '../limits.ts';
import { Quota } from './quota.ts';
import { refusal, type Refusal } from './refusal.ts';
import { sharesOf, type Shares } from './shares.ts';
import { ConnectionLimit } from './connection-limit.ts';

const MINUTE_MS = 60_000;

/** The harm that a join may do to others. */
export interface JoinRisks {
  /** It may find out whether a room exists. */
  readonly mayMiss: boolean;
  /** It may spend the room of two other people. */
  readonly mayBurn: boolean;
}

/** The charges for the harm that an admitted join may do. */
export interface JoinCharges {
  readonly miss: Charge | undefined;
  readonly burn: Charge | undefined;
}

/**
 * Decides which connections and joins are admitted, within limits for each
 * share of an address and for all together. Exempt networks have no share, so
 * only the limits for all hold for them.
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

  /** The shares of a canonical address. Call it once for each connection. */
  sharesOf(address: string): Shares {
    return this.#isExempt(address) ? [] : sharesOf(address);
  }

  enter(shares: Shares): Promise<Refusal | undefined> {
    return this.#clients.enter(shares);
  }

  leave(shares: Shares): void {
    this.#clients.leave(shares);
  }

  /** Charges an admitted connection for this many lines. Returns whether its shares owe nothing. */
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
   * Charges at once for the harm that the join may do, because many joins may be under way at the same time. The
   * caller gives back each charge that turns out to be wrong.
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

  /** Charges for a join to a room that does not exist, if that join could not be charged in advance. */
  missed(shares: Shares): void {
    this.#misses.charge(shares, performance.now());
  }

  /** Charges for a join that was matched, in the same case. */
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
